import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { Subject } from "../../../src/sessions/model.ts";
import type { SessionStore, StoreOptions } from "../../../src/sessions/stores/port.ts";
import { sessionName, subjectName } from "../../../src/sessions/stores/records.ts";
import { until } from "./contract.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgent, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());
beforeEach(() => ask(redis, "FLUSHALL"));

const event = { recordId: "record", epoch: 1, type: "ring", at: "", content: 1 };

/** A store with two agents, a session each, and everything that the store keeps under a name of its own. */
async function filled() {
  const reported: Parameters<StoreOptions["onCorrupt"]>[0][] = [];
  const store = await openOnRedis(redis.url, { onCorrupt: (record) => reported.push(record) });
  const [one, other] = [aSession(), aSession()];
  for (const session of [one, other]) {
    await bound(store, session);
    await store.createAgent(anAgent({ agentId: session.agentId }));
    await store.appendEvent(session.agentId, event);
  }
  return { store, one, other, reported };
}

/** Everything that is done with one agent and its session, and with all. */
async function everything(store: SessionStore, session: ReturnType<typeof aSession>): Promise<void> {
  const { agentId } = session;
  assert.ok((await store.agentIds()).includes(agentId));
  await store.getAgents(await store.agentIds());
  await store.announceInstance({ owner: "a", able: true, answeredAgoMs: 1 }, 5_000);
  assert.deepEqual(
    (await store.sessionsOfAgent(agentId)).map(({ sessionId }) => sessionId),
    [session.sessionId],
  );
  await store.listSessions({ limit: 10 });
  await store.listSessions({ subject: session.subject ?? undefined, limit: 10 });
  await store.appendEvent(agentId, event);
  assert.ok((await store.eventsAfter(agentId, "")).length > 0);
  assert.equal(await store.touchSession(session, session.lastUsedAt + 1), true);
  assert.equal(await store.acquireLease({ kind: "poll", agentId }, "a", 5_000), true);
  await store.releaseLease({ kind: "poll", agentId }, "a");
  await store.revocations(session, session.subject);
  await bound(store, aSession({ subject: session.subject }));
}

describe("what stands in Redis under one of our names by mistake", () => {
  test("is told once, and is in nobody's way: everything works, for all", async () => {
    const { store, one, other, reported } = await filled();
    const subject = subjectName(one.subject as Subject);
    const names = [
      "cbff:agents",
      "cbff:sessions",
      "cbff:fleet",
      `cbff:sessions:agent:{${one.agentId}}`,
      `cbff:sessions:subject:${subject}`,
      `cbff:events:{${one.agentId}}`,
      `cbff:lease:poll:{${one.agentId}}`,
      `cbff:revoked:{cbff:session:${sessionName(one)}}`,
      `cbff:revoked:app:{cbff:sessions:subject:${subject}}`,
    ];
    for (const name of names) {
      for (const stray of [
        ["SADD", name, "a set"],
        ["RPUSH", name, "a list"],
        ["SET", name, "a text"],
      ]) {
        await ask(redis, "DEL", name);
        await ask(redis, ...stray);
        if (name.endsWith(":agents")) assert.equal((await store.agentIds()).length, 2, "the round of all goes on");
        await everything(store, one);
        await everything(store, other);
      }
    }
    assert.ok(reported.length > 0);
    assert.ok(reported.every(({ kind }) => kind === "key"));
    const times = new Map<string, number>();
    for (const { name } of reported) times.set(name, (times.get(name) ?? 0) + 1);
    assert.deepEqual(
      [...times.values()].filter((number) => number > 1),
      [],
      "a line each",
    );
    await store.close();
  });

  test("in a counter that is shared is gone when it is counted on", async () => {
    const { store, reported } = await filled();
    await ask(redis, "SADD", "cbff:limit:x", "a set");
    assert.equal(await store.sendCommand?.("cbff:limit:x", ["INCR", "cbff:limit:x"]), 1);
    assert.deepEqual(reported, [{ kind: "key", name: "cbff:limit:x", why: "damaged" }]);
    await store.close();
  });
});

describe("entries of an index that a failover has lost", () => {
  const lose = (...names: string[]) => ask(redis, "DEL", ...names);
  const living = { counts: () => true, damaged: false };

  test("come back by use", async () => {
    const { store, one } = await filled();
    await lose(
      "cbff:sessions",
      `cbff:sessions:agent:{${one.agentId}}`,
      `cbff:sessions:subject:${subjectName(one.subject as Subject)}`,
    );
    assert.deepEqual(await store.sessionsOfAgent(one.agentId), []);
    await store.touchSession(one, one.lastUsedAt + 1);
    const used = { ...one, lastUsedAt: one.lastUsedAt + 1 };
    assert.deepEqual(await store.sessionsOfAgent(one.agentId), [used]);
    assert.deepEqual((await store.listSessions({ limit: 5 })).sessions, [used]);
    assert.deepEqual((await store.listSessions({ subject: one.subject ?? undefined, limit: 5 })).sessions, [used]);
    await store.close();
  });

  test("come back with each renewal of a lease", async () => {
    const { store, one } = await filled();
    const asked = [{ agentId: one.agentId, owner: "a" }];
    await store.acquireLeases("poll", asked, 5_000);
    await lose("cbff:agents");
    assert.deepEqual(await store.agentIds(), []);
    await store.acquireLeases("poll", asked, 5_000);
    assert.deepEqual(await store.agentIds(), [one.agentId]);
    await store.close();
  });

  test("come back at the start, by a walk over all records", async () => {
    const { store, one, other } = await filled();
    await store.close();
    await lose("cbff:agents", "cbff:sessions", `cbff:sessions:agent:{${one.agentId}}`);
    const next = await openOnRedis(redis.url);
    await until(async () => (await next.agentIds()).length === 2);
    await until(async () => (await next.listSessions({ limit: 5 })).sessions.length === 2);
    assert.deepEqual(await next.sessionsOfAgent(one.agentId), [one]);
    assert.deepEqual(await next.sessionsOfAgent(other.agentId), [other]);
    await next.close();
  });

  test("are looked for before an agent counts as having no session left, for many agents at once too", async () => {
    const { store, one, other } = await filled();
    await lose(`cbff:sessions:agent:{${one.agentId}}`, `cbff:sessions:agent:{${other.agentId}}`);
    const [first, second, nobody] = await Promise.all(
      [one.agentId, other.agentId, anAgent().agentId].map((agentId) => store.hasSessions(agentId, living)),
    );
    assert.deepEqual([first, second, nobody], [true, true, false]);
    assert.deepEqual(await store.sessionsOfAgent(one.agentId), [one], "and they are in the index again");
    await store.close();
  });
});
