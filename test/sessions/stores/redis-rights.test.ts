import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import { startRedisCluster, startSentinel } from "../../support/redis-kinds.ts";
import { storeContract, until } from "./contract.ts";
import { documentedRights } from "./documented-rights.ts";
import { everyOperation } from "./every-operation.ts";
import { ask, openOnRedis, passOn } from "./redis-places.ts";
import { anAgent, anAgentId, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());
await ask(redis, "ACL", "SETUSER", "bff", ...documentedRights("bff"));

storeContract(
  "Redis for a user with no more than the rights that are documented",
  (options) => openOnRedis(redis.url.replace("//", "//bff:PASSWORD@"), options),
  (ms) => passOn([redis], ms),
);

test("who has no right to anything else", async () => {
  const store = await openOnRedis(redis.url.replace("//", "//bff:PASSWORD@"));
  await assert.rejects(store.sendCommand?.("other:key", ["GET", "other:key"]) ?? Promise.resolve());
  await assert.rejects(store.sendCommand?.("cbff:x", ["FLUSHALL"]) ?? Promise.resolve());
  await store.close();
});

async function works(url: string): Promise<void> {
  const store = await openOnRedis(url);
  await Promise.all(everyOperation(store));
  const agentId = anAgentId();
  const heard: unknown[] = [];
  await store.subscribe(agentId, (message) => heard.push(message));
  await store.publish(agentId, { type: "agent-changed" });
  await until(() => heard.length === 1, 2_000);
  await store.close();
}

test("the same rights are enough in a Redis Cluster", async (t) => {
  const nodes = await startRedisCluster();
  t.after(() => Promise.all(nodes.map((node) => node.close())));
  for (const node of nodes) await ask(node, "ACL", "SETUSER", "bff", ...documentedRights("bff"));
  await works(`redis://bff:PASSWORD@${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}?cluster`);
});

test("and behind sentinels, who want a user of their own", async (t) => {
  const sentinel = await startSentinel(redis.port);
  t.after(() => sentinel.close());
  await ask(sentinel, "ACL", "SETUSER", "sentinel-bff", ...documentedRights("sentinel-bff"));
  await ask(sentinel, "ACL", "SETUSER", "default", "off");
  const hosts = `redis://bff:PASSWORD@127.0.0.1:${sentinel.port}?sentinel=tests`;
  await works(`${hosts}&sentinelUser=sentinel-bff&sentinelPassword=PASSWORD`);
  const stranger = await openOnRedis(hosts);
  await assert.rejects(stranger.pingRead(), { code: "session-store-unavailable" });
  await stranger.close();
});

test("a read that Redis refuses is no answer: nothing counts as absent or damaged for it, and nothing is taken or written over", async () => {
  await ask(redis, "ACL", "SETUSER", "reader", "on", ">secret", "~*", "&*", "+@all");
  const reports: unknown[] = [];
  const store = await openOnRedis(redis.url.replace("//", "//reader:secret@"), {
    onCorrupt: (record) => reports.push(record),
  });
  const agent = await store.createAgent(anAgent());
  assert.ok(agent);
  const { agentId } = agent;
  const session = aSession({ agentId });
  await bound(store, session);
  const next = aSession({ agentId, sessionId: session.sessionId });
  const revoked = aSession({ agentId });
  const revocations = await store.revocations(revoked, revoked.subject);
  await store.revokeSession(revoked);
  await store.acquireLeases("poll", [{ agentId, owner: "holder" }], 60_000);
  const away = { code: "session-store-unavailable" };
  await ask(redis, "ACL", "SETUSER", "reader", "-hmget");
  await assert.rejects(store.getAgents([agentId]), away);
  await assert.rejects(store.getAgentAndHolder(agentId), away);
  await assert.rejects(store.updateAgent({ ...agent, vdnId: "2" }), away);
  await assert.rejects(store.createAgent(anAgent({ agentId })), away);
  await assert.rejects(store.deleteSession(session), away);
  await assert.rejects(store.bindSession(next, { over: null, revocations }), away);
  await ask(redis, "ACL", "SETUSER", "reader", "+hmget", "-get");
  await assert.rejects(store.bindSession(revoked, { over: null, revocations }), away);
  await assert.rejects(store.acquireLeases("poll", [{ agentId, owner: "other" }], 60_000), away);
  await assert.rejects(store.releaseLease({ kind: "poll", agentId }, "holder"), away);
  await assert.rejects(store.getAgentAndHolder(agentId), away);
  await ask(redis, "ACL", "SETUSER", "reader", "+get");
  assert.deepEqual(reports, []);
  assert.equal((await store.getAgentAndHolder(agentId)).holder, "holder");
  assert.equal((await store.getAgent(agentId, { fresh: true }))?.revision, agent.revision);
  assert.deepEqual(await store.getSession(session, { fresh: true }), session);
  assert.equal(await store.getSession(revoked, { fresh: true }), null);
});
