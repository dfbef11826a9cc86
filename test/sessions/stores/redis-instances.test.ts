import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { Guid } from "../../../src/gateway/identifiers.ts";
import type { AgentMessage } from "../../../src/sessions/stores/agent-messages.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { sessionName } from "../../../src/sessions/stores/records.ts";
import { until } from "./contract.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgent, anAgentId, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());

describe("instances that share a Redis", () => {
  let one: SessionStore;
  let other: SessionStore;
  before(async () => {
    one = await openOnRedis(redis.url);
    other = await openOnRedis(redis.url);
  });
  after(() => Promise.all([one.close(), other.close()]));

  test("see each other's writes within milliseconds, also what they have read before", async () => {
    const agent = await one.createAgent(anAgent());
    assert.ok(agent);
    let newest = agent;
    for (let version = 2; version < 30; version++) {
      assert.deepEqual(await other.getAgent(agent.agentId), newest);
      const written = await one.updateAgent({ ...newest, guidVersion: version });
      assert.ok(written);
      newest = written;
      // Redis has told the other of it by its next answer, however long the machine takes for both.
      await other.pingRead();
      assert.equal(
        (await other.getAgent(agent.agentId))?.guidVersion,
        version,
        "the other instance reads the old Guid",
      );
    }
  });

  test("see each other's writes at once when they ask for a fresh reading", async () => {
    const agent = await one.createAgent(anAgent());
    assert.ok(agent);
    let newest = agent;
    for (let version = 2; version < 200; version++) {
      const written = await one.updateAgent({ ...newest, guidVersion: version });
      assert.ok(written);
      newest = written;
      assert.equal((await other.getAgent(agent.agentId, { fresh: true }))?.guidVersion, version);
    }
  });

  test("see their own writes at once", async () => {
    const session = aSession();
    await bound(one, session);
    for (let round = 1; round < 200; round++) {
      await one.touchSession(session, round);
      assert.equal((await one.getSession(session))?.lastUsedAt, round);
    }
  });

  test("never keep an old reading while writes and readings cross", async () => {
    const created = await one.createAgent(anAgent());
    assert.ok(created);
    const { agentId } = created;
    let writing = true;
    const reading = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (writing) {
          await other.getAgent(agentId);
          await new Promise(setImmediate);
        }
      }),
    );
    let newest = created;
    for (let version = 2; version < 300; version++) {
      const written = await one.updateAgent({ ...newest, guidVersion: version });
      assert.ok(written);
      newest = written;
      if (version % 10 === 0) {
        await other.pingRead();
        assert.equal((await other.getAgent(agentId))?.guidVersion, version);
      }
    }
    writing = false;
    await reading;
  });

  test("answer a repeated reading without asking Redis", async () => {
    const session = aSession();
    await bound(one, session);
    const agent = await one.createAgent(anAgent({ agentId: session.agentId }));
    await one.getSession(session);
    await one.getAgent(session.agentId);
    const before = await readings();
    for (let reading = 0; reading < 100; reading++) {
      assert.deepEqual(await one.getSession(session), session);
      assert.deepEqual(await one.getAgent(session.agentId), agent);
    }
    assert.equal(await readings(), before);
  });

  test("let one of many compare-and-sets win, wherever it comes from", async () => {
    const created = await one.createAgent(anAgent());
    assert.ok(created);
    for (let round = 0; round < 20; round++) {
      const read = await one.getAgent(created.agentId, { fresh: true });
      assert.ok(read);
      const attempts = Array.from({ length: 10 }, (_, at) =>
        (at % 2 === 0 ? one : other).updateAgent({ ...read, guid: `guid-${round}-${at}` as Guid }),
      );
      const written = (await Promise.all(attempts)).filter((agent) => agent !== null);
      assert.equal(written.length, 1);
      assert.deepEqual(await other.getAgent(created.agentId, { fresh: true }), written[0]);
    }
  });

  test("give a lease to one of them", async () => {
    const lease = { kind: "poll", agentId: anAgentId() } as const;
    const won = await Promise.all([one.acquireLease(lease, "one", 5_000), other.acquireLease(lease, "other", 5_000)]);
    assert.equal(won.filter(Boolean).length, 1);
    assert.deepEqual(await one.unheld("poll", [lease.agentId]), []);
    await other.releaseLease(lease, "one");
    await other.releaseLease(lease, "other");
    assert.deepEqual(await one.unheld("poll", [lease.agentId]), [lease.agentId]);
  });

  test("count each other", async () => {
    await one.announceInstance({ owner: "one", able: true, answeredAgoMs: null }, 5_000);
    const living = await other.announceInstance({ owner: "other", able: false, answeredAgoMs: 500 }, 5_000);
    assert.deepEqual(living.map(({ owner }) => owner).toSorted(), ["one", "other"]);
    assert.deepEqual((await one.instances()).map(({ owner, able }) => [owner, able]).toSorted(), [
      ["one", true],
      ["other", false],
    ]);
  });

  test("tell each other messages and events, also while listeners come and go", async () => {
    const agentId = anAgentId();
    for (let round = 0; round < 30; round++) {
      const heard: AgentMessage[] = [];
      const stop = await other.subscribe(agentId, (message) => heard.push(message));
      await one.publish(agentId, { type: "verdict-wanted", guidVersion: round });
      const sent = { recordId: "r", epoch: 1, type: "ring", at: "2026-09-21T14:13:20.000Z", content: round };
      const id = await one.appendEvent(agentId, sent);
      await until(() => heard.length === 2);
      const event = { id, ...sent };
      assert.deepEqual(heard, [
        { type: "verdict-wanted", guidVersion: round },
        { type: "event", event },
      ]);
      stop();
    }
  });

  test("tell an event once, though it is appended again for want of an answer", async () => {
    const agentId = anAgentId();
    const at = "2026-09-21T14:13:20.000Z";
    for (const content of ["small", "x".repeat(300_000)]) {
      const heard: string[] = [];
      const stop = await other.subscribe(agentId, (message) => {
        if (message.type === "event") heard.push(message.event.id);
      });
      const sent = { recordId: "r", epoch: 1, type: "ring", at, content };
      const ids = [await one.appendEvent(agentId, sent), await one.appendEvent(agentId, sent)];
      const next = await one.appendEvent(agentId, { ...sent });
      await until(() => heard.includes(next));
      assert.equal(ids[0], ids[1]);
      assert.notEqual(ids[0], next, "another event may say the same");
      const told = await other.eventsAfter(agentId, "");
      assert.deepEqual(told.map(({ id }) => id).slice(-2), [ids[0], next]);
      assert.equal(told.filter(({ id }) => id === ids[0]).length, 1);
      stop();
    }
  });

  test("pass over a message that makes no sense", async () => {
    const agentId = anAgentId();
    const heard: AgentMessage[] = [];
    const stop = await one.subscribe(agentId, (message) => heard.push(message));
    for (const nonsense of ["", "{", "null", '{"type":"new in a later release"}', '{"type":"event","event":5}']) {
      await ask(redis, "PUBLISH", `cbff:0:messages:{${agentId}}`, nonsense);
    }
    await other.publish(agentId, { type: "agent-changed" });
    await until(() => heard.length > 0);
    assert.deepEqual(heard, [{ type: "agent-changed" }]);
    stop();
  });
});

describe("what a crash leaves in Redis", () => {
  const day = 86_400_000;

  test("an index entry without its session is passed over, and dropped once no writer can be behind it", async () => {
    const now = Date.now();
    const store = await openOnRedis(redis.url);
    const session = aSession();
    await bound(store, session);
    const index = `cbff:sessions:agent:{${session.agentId}}`;
    const recent = `${sessionName(aSession())}.${now.toString(36)}-x`;
    const old = `${sessionName(aSession())}.${(now - day).toString(36)}-x`;
    const earlier = `${sessionName(session)}.${(now - day).toString(36)}-x`;
    await ask(redis, "ZADD", index, "0", recent, "0", old, "0", earlier, "0", "nonsense");

    assert.deepEqual(await store.sessionsOfAgent(session.agentId), [session]);
    assert.deepEqual(await store.listSessions({ agentId: session.agentId, limit: 1 }), {
      sessions: [session],
      next: null,
    });
    const left = await ask(redis, "ZRANGE", index, "0", "-1");
    assert.ok(Array.isArray(left));
    assert.ok(left.includes(recent), "it may be of a session that is being bound");
    assert.equal(left.length, 2);
    await store.close();
  });

  test("an index entry without its agent session is dropped, and the agent stays when it has another", async () => {
    const now = Date.now();
    const agent = anAgent();
    const gone = anAgentId();
    const entries = [`${agent.agentId}.${(now - day).toString(36)}-x`, `${gone}.${(now - day).toString(36)}-x`];
    await ask(redis, "ZADD", "cbff:agents", ...entries.flatMap((entry) => ["0", entry]));
    const store = await openOnRedis(redis.url);
    await store.createAgent(agent);
    await store.agentIds();
    const ids = await store.agentIds();
    assert.equal(ids.filter((id) => id === agent.agentId).length, 1);
    assert.ok(!ids.includes(gone));
    for (const entry of entries) assert.equal(await ask(redis, "ZSCORE", "cbff:agents", entry), null);
    await store.close();
  });

  test("a key that somebody has replaced by another type is reported and as good as absent", async () => {
    const reported: string[] = [];
    const store = await openOnRedis(redis.url, { onCorrupt: ({ kind }) => reported.push(kind) });
    const session = aSession();
    await bound(store, session);
    await store.createAgent(anAgent({ agentId: session.agentId }));
    for (const key of [`cbff:session:${sessionName(session)}`, `cbff:agent:{${session.agentId}}`]) {
      await ask(redis, "SET", key, "something else");
    }
    await until(async () => {
      await store.getSession(session);
      await store.getAgent(session.agentId);
      return reported.length === 2;
    });
    assert.deepEqual(reported.sort(), ["agent", "session"]);
    assert.equal(await store.getSession(session), null);
    assert.equal(await store.touchSession(session, 1), false);
    assert.deepEqual(await store.sessionsOfAgent(session.agentId), []);
    assert.equal(await bound(store, session), null);
    assert.deepEqual(await store.getSession(session), session);
    assert.ok(await store.createAgent(anAgent({ agentId: session.agentId })));
    await store.close();
  });

  test("an event that cannot be read is reported, and the others are replayed", async () => {
    const reported: unknown[] = [];
    const store = await openOnRedis(redis.url, { onCorrupt: (record) => reported.push(record) });
    const agentId = anAgentId();
    await store.appendEvent(agentId, {
      recordId: "record",
      epoch: 1,
      type: "ring",
      at: "2026-09-21T14:13:20.000Z",
      content: 1,
    });
    await ask(redis, "XADD", `cbff:events:{${agentId}}`, "*", "sealed", "{");
    await store.appendEvent(agentId, {
      recordId: "record",
      epoch: 1,
      type: "ring",
      at: "2026-09-21T14:13:20.000Z",
      content: 2,
    });
    const events = await store.eventsAfter(agentId, "");
    assert.deepEqual(
      events.map(({ content }) => content),
      [1, 2],
    );
    assert.deepEqual(reported, [{ kind: "event", name: agentId, why: "damaged" }]);
    await store.close();
  });
});

/** How many records Redis has been asked for. */
async function readings(): Promise<number> {
  const statistics = String(await ask(redis, "INFO", "commandstats"));
  return Number(/cmdstat_hmget:calls=(\d+)/.exec(statistics)?.[1] ?? 0);
}

test("an instance that has to forget events leaves alone those that another has added to since", async (t) => {
  const eventBounds = { bytesOfAgent: 100_000, bytesInAll: 20_000, bytesOfEvent: 50_000 };
  const [one, other] = [await openOnRedis(redis.url, { eventBounds }), await openOnRedis(redis.url)];
  t.after(() => Promise.all([one.close(), other.close()]));
  const event = (content: string) => ({
    recordId: "r",
    epoch: 1,
    type: "note",
    at: "2026-09-21T14:13:20.000Z",
    content,
  });
  const [moved, left] = [anAgentId(), anAgentId()];
  await one.appendEvent(moved, event("first"));
  await other.appendEvent(moved, event("second"));
  await one.appendEvent(left, event("first"));
  for (const busy of [anAgentId(), anAgentId()]) await one.appendEvent(busy, event("-".repeat(8_000)));
  await until(async () => (await one.eventsAfter(left, "")).length === 0);
  assert.deepEqual(
    (await other.eventsAfter(moved, "")).map(({ content }) => content),
    ["first", "second"],
  );
});
