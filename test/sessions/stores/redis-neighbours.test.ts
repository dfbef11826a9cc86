import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { SessionId } from "../../../src/sessions/index.ts";
import type { AgentMessage } from "../../../src/sessions/stores/agent-messages.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { openRawConnection } from "../../support/raw-connection.ts";
import { until } from "./contract.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgent, anAgentId, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());

const neighbours: Record<string, () => Promise<SessionStore>> = {
  "in another database": () => openOnRedis(`${redis.url}/1`),
  "in another database with other keys": () => openOnRedis(`${redis.url}/2`, { keys: [randomBytes(32)] }),
  "under another prefix": () => openOnRedis(redis.url, { prefix: "other" }),
  "under another prefix with other keys": () => openOnRedis(redis.url, { prefix: "third", keys: [randomBytes(32)] }),
};

describe("another installation on the same Redis", () => {
  let ours: SessionStore;
  before(async () => {
    ours = await openOnRedis(redis.url);
  });
  after(() => ours.close());

  for (const [where, open] of Object.entries(neighbours)) {
    test(`${where} sees and hears nothing of ours, and we nothing of its`, async () => {
      const theirs = await open();
      const session = aSession();
      const { agentId } = session;
      await bound(ours, session);
      await ours.createAgent(anAgent({ agentId }));
      assert.equal(await theirs.getSession(session), null);
      assert.equal(await theirs.getAgent(agentId), null);
      assert.ok(!(await theirs.agentIds()).includes(agentId));
      assert.deepEqual((await theirs.listSessions({ subject: session.subject ?? undefined, limit: 5 })).sessions, []);
      assert.equal(await theirs.deleteSession(session), null);

      const [heardHere, heardThere]: [AgentMessage[], AgentMessage[]] = [[], []];
      await ours.subscribe(agentId, (message) => heardHere.push(message));
      await theirs.subscribe(agentId, (message) => heardThere.push(message));
      await ours.publish(agentId, { type: "session-ended", key: session, reason: "signed-out" });
      await ours.appendEvent(agentId, {
        recordId: "record",
        epoch: 1,
        type: "ring",
        at: "2026-09-21T14:13:20.000Z",
        content: "ours",
      });
      await theirs.publish(agentId, { type: "verdict-wanted", guidVersion: 1 });
      await theirs.appendEvent(agentId, {
        recordId: "record",
        epoch: 1,
        type: "ring",
        at: "2026-09-21T14:13:20.000Z",
        content: "theirs",
      });
      await until(() => heardHere.length >= 2 && heardThere.length >= 2);
      assert.deepEqual(
        heardHere.map((message) => (message.type === "event" ? message.event.content : message.type)),
        ["session-ended", "ours"],
      );
      assert.deepEqual(
        heardThere.map((message) => (message.type === "event" ? message.event.content : message.type)),
        ["verdict-wanted", "theirs"],
      );
      const contents = async (store: SessionStore) =>
        (await store.eventsAfter(agentId, "")).map(({ content }) => content);
      assert.deepEqual([await contents(ours), await contents(theirs)], [["ours"], ["theirs"]]);

      const lease = { kind: "poll", agentId } as const;
      assert.equal(await ours.acquireLease(lease, "one", 5_000), true);
      assert.equal(await theirs.acquireLease(lease, "two", 5_000), true);
      await theirs.close();
      assert.deepEqual(await ours.getSession(session), session);
    });
  }

  test("begins every key and channel with its own prefix, and a channel has the database too", async () => {
    const theirs = await openOnRedis(`${redis.url}/5`, { prefix: "site-b" });
    const session = aSession();
    const { agentId } = session;
    await bound(theirs, session);
    await theirs.createAgent(anAgent({ agentId }));
    await theirs.acquireLease({ kind: "poll", agentId }, "one", 5_000);
    await theirs.acquireLease({ kind: "sign-in", agentId }, "one", 5_000);
    await theirs.announceInstance({ owner: "one", able: true, answeredAgoMs: null }, 5_000);
    await theirs.appendEvent(agentId, { recordId: "record", epoch: 1, type: "ring", at: "", content: 1 });
    await theirs.subscribe(agentId, () => undefined);
    const channels = (await ask(redis, "PUBSUB", "CHANNELS", "*")) as string[];
    assert.deepEqual(
      channels.filter((channel) => channel.includes(agentId)),
      [`site-b:5:messages:{${agentId}}`],
    );
    const keys = (await ask({ ...redis, url: `${redis.url}/5` }, "KEYS", "*")) as string[];
    assert.ok(keys.length >= 7, keys.join());
    for (const key of keys) assert.match(key, /^site-b:/);
    await theirs.close();
  });
});

test("nothing that goes over a channel or waits in a stream can be read", async () => {
  const store = await openOnRedis(redis.url);
  const agentId = anAgentId();
  const listener = await openRawConnection(redis.url.replace("redis:", "http:"));
  listener.send("PSUBSCRIBE *\r\n");
  await until(() => listener.received().includes("psubscribe"));
  const event = {
    recordId: "MARKED-record",
    epoch: 1,
    type: "MARKED-type",
    at: "2026-09-21T14:13:20.000Z",
    content: { number: "MARKED-number" },
  };
  await store.appendEvent(agentId, event);
  await store.publish(agentId, {
    type: "session-ended",
    key: { issuer: "app", sessionId: "MARKED-session" as SessionId, bindingId: "MARKED-binding" },
    reason: "forced-out",
  });
  await until(() => (listener.received().match(/pmessage/g)?.length ?? 0) >= 2);
  const stream = JSON.stringify(await ask(redis, "XRANGE", `cbff:events:{${agentId}}`, "-", "+"));
  for (const text of [listener.received(), stream]) {
    assert.ok(text.includes(agentId) || text === stream);
    assert.doesNotMatch(text, /MARKED|session-ended|forced-out/);
  }
  listener.close();
  await store.close();
});

test("what somebody without our keys says on a channel, or puts into a stream, reaches nobody", async () => {
  const reported: unknown[] = [];
  const store = await openOnRedis(redis.url, { onCorrupt: (record) => reported.push(record) });
  const stranger = await openOnRedis(`${redis.url}/0`, { prefix: "stranger", keys: [randomBytes(32)] });
  const [agentId, other] = [anAgentId(), anAgentId()];
  const heard: AgentMessage[] = [];
  await store.subscribe(agentId, (message) => heard.push(message));
  const texts: string[] = ['{"type":"agent-changed"}', '1-1 {"type":"ring","at":"","content":1}', " ", "1-1 "];
  const overheard = await openRawConnection(redis.url.replace("redis:", "http:"));
  overheard.send("PSUBSCRIBE *\r\n");
  await until(() => overheard.received().includes("psubscribe"));
  await stranger.publish(agentId, { type: "agent-changed" });
  await store.publish(other, { type: "agent-changed" });
  await until(() => (overheard.received().match(/pmessage/g)?.length ?? 0) >= 2);
  texts.push(...(overheard.received().match(/^[\w-]{40,}$/gm) ?? []));
  assert.equal(texts.length, 6, "the stranger's, and our own for another agent");
  for (const text of texts) await ask(redis, "PUBLISH", `cbff:0:messages:{${agentId}}`, text);
  for (const text of texts) await ask(redis, "XADD", `cbff:events:{${agentId}}`, "*", "sealed", text || "x");
  await store.publish(agentId, { type: "verdict-wanted", guidVersion: 1 });
  await until(() => heard.length > 0);
  assert.deepEqual(heard, [{ type: "verdict-wanted", guidVersion: 1 }]);
  assert.deepEqual(await store.eventsAfter(agentId, ""), []);
  assert.equal(reported.length, texts.length);
  overheard.close();
  await Promise.all([store.close(), stranger.close()]);
});

test("events that release 0.1 has left, which nothing protects, are passed over without a word", async () => {
  const store = await openOnRedis(redis.url, { onCorrupt: () => assert.fail("it was never sealed") });
  const agentId = anAgentId();
  const event = JSON.stringify({ type: "ring", at: "", content: 1 });
  await ask(redis, "XADD", `cbff:events:{${agentId}}`, "*", "event", event);
  await store.appendEvent(agentId, { recordId: "record", epoch: 1, type: "ring", at: "", content: 2 });
  assert.deepEqual(
    (await store.eventsAfter(agentId, "")).map(({ content }) => content),
    [2],
  );
  await store.close();
});
