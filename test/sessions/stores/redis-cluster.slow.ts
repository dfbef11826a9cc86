import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startRedisCluster } from "../../support/redis-kinds.ts";
import { storeContract, until } from "./contract.ts";
import { durableStoreContract } from "./durable-contract.ts";
import { ask, emptyPlace, openOnRedis, passOn } from "./redis-places.ts";
import { anAgent, aSession, bound } from "./samples.ts";

const nodes = await startRedisCluster();
after(() => Promise.all(nodes.map((node) => node.close())));
const url = `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}?cluster`;

storeContract(
  "Redis Cluster",
  (options) => openOnRedis(url, options),
  (ms) => passOn(nodes, ms),
);
durableStoreContract("Redis Cluster", () => emptyPlace(nodes, url));

/** Without the canary that another suite's keys have left. */
const emptied = () => Promise.all(nodes.map((node) => ask(node, "FLUSHALL")));

test("a Redis Cluster spreads the sessions over its nodes", async () => {
  await emptied();
  const store = await openOnRedis(url);
  for (let at = 0; at < 50; at++) {
    const session = aSession();
    await bound(store, session);
    await store.createAgent(anAgent({ agentId: session.agentId }));
  }
  for (const node of nodes) assert.ok(Number(await ask(node, "DBSIZE")) > 20);
  await store.close();
});

test("an instance of a Redis Cluster sees what another one writes within milliseconds", async () => {
  await emptied();
  const [one, other] = [await openOnRedis(url), await openOnRedis(url)];
  for (let at = 0; at < 10; at++) {
    const session = aSession();
    await bound(one, session);
    assert.deepEqual(await other.getSession(session), session);
    await one.deleteSession(session);
    await until(async () => (await other.getSession(session)) === null, 100);
  }
  await Promise.all([one.close(), other.close()]);
});

test("one silent node of a Redis Cluster does not take the others with it", async (t) => {
  await emptied();
  const store = await openOnRedis(url);
  t.after(() => store.close());
  // So many that it is no matter of chance how many of them lie on that node.
  const sessions = Array.from({ length: 300 }, () => aSession());
  for (const session of sessions) await bound(store, session);
  const silent = nodes[2];
  assert.ok(silent);
  silent.pause();
  try {
    const started = performance.now();
    const answers = await Promise.allSettled(sessions.map((session) => store.touchSession(session, 1)));
    assert.ok(performance.now() - started < 2_000);
    const answered = answers.filter(({ status }) => status === "fulfilled").length;
    assert.ok(answered > 50 && answered < 300, `${answered} of 300`);
    for (const answer of answers) {
      if (answer.status === "rejected") assert.equal(answer.reason.code, "session-store-unavailable");
    }
  } finally {
    silent.resume();
  }
  const allAnswer = async () =>
    (await Promise.allSettled(sessions.map((session) => store.getSession(session)))).every(
      (answer) => answer.status === "fulfilled" && answer.value !== null,
    );
  await until(allAnswer, 8_000);
});
