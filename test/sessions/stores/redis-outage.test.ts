import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import { type RedisServer, startRedis } from "../../../scripts/fleet/redis.ts";
import { Problem } from "../../../src/problems.ts";
import type { AgentMessage } from "../../../src/sessions/stores/agent-messages.ts";
import { until } from "./contract.ts";
import { everyOperation } from "./every-operation.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgentId, aSession, bound } from "./samples.ts";

describe("a Redis that goes away", () => {
  let redis: RedisServer;
  after(() => redis?.close());

  test("is noticed at once, and taken up again when it is back", async () => {
    redis = await startRedis();
    const store = await openOnRedis(redis.url);
    const session = aSession();
    await bound(store, session);
    await store.getSession(session);
    await redis.kill();
    await until(() => fails(store.pingRead()));
    const started = performance.now();
    await Promise.all(everyOperation(store).map((answer) => assert.rejects(answer, unavailable)));
    await assert.rejects(store.getSession(session), unavailable, "not even a reading that was kept is trusted");
    assert.ok(performance.now() - started < 500, "nothing waits for it");

    await redis.restart();
    await until(() => succeeds(store.pingRead()), 4_000);
    assert.equal(await store.getSession(session), null, "what it has lost is lost here as well");
    await bound(store, session);
    assert.deepEqual(await store.getSession(session), session);
    await store.close();
  });

  test("is heard again after it is back, by who listened before", async () => {
    const [store, other] = [await openOnRedis(redis.url), await openOnRedis(redis.url)];
    const agentIds = [anAgentId(), anAgentId()] as const;
    const heard: AgentMessage[] = [];
    for (const agentId of agentIds) await store.subscribe(agentId, (message) => heard.push(message));
    await redis.restart();
    // Published until it is heard: the listener may be back later than who publishes.
    for (const [at, agentId] of agentIds.entries()) {
      const hearsIt = async () => {
        await other.publish(agentId, { type: "verdict-wanted", guidVersion: at }).catch(() => undefined);
        return heard.some((message) => message.type === "verdict-wanted" && message.guidVersion === at);
      };
      await until(hearsIt, 5_000);
    }
    await Promise.all([store.close(), other.close()]);
  });

  test("may be away when an instance starts, which then waits for it", async () => {
    await redis.kill();
    const store = await openOnRedis(redis.url);
    await assert.rejects(store.pingRead(), unavailable);
    await assert.rejects(store.getSession(aSession()), unavailable);
    await redis.restart();
    await until(() => succeeds(store.pingRead()), 4_000);
    await store.close();
  });

  test("and is silent instead makes every operation fail within two seconds, and nothing is lost", async () => {
    const store = await openOnRedis(redis.url);
    const session = aSession();
    await bound(store, session);
    redis.pause();
    try {
      const started = performance.now();
      await Promise.all(everyOperation(store).map((answer) => assert.rejects(answer, unavailable)));
      assert.ok(performance.now() - started < 2_000);
      // Past the time in which idle connections are given up.
      await until(() => fails(store.getSession(session)), 5_000);
      const again = performance.now();
      await assert.rejects(store.pingRead(), unavailable);
      assert.ok(performance.now() - again < 2_000);
    } finally {
      redis.resume();
    }
    await until(() => succeeds(store.pingRead()), 4_000);
    assert.deepEqual(await store.getSession(session), session);
    await store.close();
  });

  test("can be closed while it is away or silent, without delay", async () => {
    for (const leave of [() => redis.pause(), () => void redis.kill()]) {
      const store = await openOnRedis(redis.url);
      leave();
      await wait(50);
      const pending = assert.rejects(store.pingRead(), unavailable);
      const started = performance.now();
      await store.close();
      assert.ok(performance.now() - started < 500);
      await pending;
      redis.resume();
      await redis.restart();
    }
  });
});

test("a connection that swallows everything is replaced", async (t) => {
  const redis = await startRedis();
  t.after(() => redis.close());
  const road = await startRoad(redis.port);
  t.after(() => road.close());
  const store = await openOnRedis(`redis://127.0.0.1:${road.port}`);
  const session = aSession();
  await bound(store, session);

  road.swallow();
  const started = performance.now();
  await assert.rejects(bound(store, session), unavailable);
  assert.ok(performance.now() - started < 2_000);
  // New connections get through, as after the restart of a NAT: no word comes over the old ones.
  // Each of the two that binding takes finds out for itself.
  await until(() => succeeds(bound(store, session)), 6_000);
  const heard: AgentMessage[] = [];
  await until(() => succeeds(store.subscribe(session.agentId, (message) => heard.push(message))), 5_000);
  await store.publish(session.agentId, { type: "agent-changed" });
  await until(() => heard.length > 0);
  assert.deepEqual(heard, [{ type: "agent-changed" }]);
  await until(async () => (await store.getSession(session))?.sessionId === session.sessionId, 5_000);
  await store.close();
});

test("a Redis that has become a replica is left for the master behind the same address", async () => {
  const [redis, master] = [await startRedis(), await startRedis()];
  const road = await startRoad(redis.port);
  const store = await openOnRedis(`redis://127.0.0.1:${road.port}`);
  await bound(store, aSession());
  await ask(redis, "REPLICAOF", "127.0.0.1", String(master.port));
  road.leadTo(master.port);
  await assert.rejects(bound(store, aSession()), unavailable);
  await until(() => succeeds(bound(store, aSession())), 4_000);
  await store.close();
  await road.close();
  await redis.close();
  await master.close();
});

test("neither password nor address is in what a failure says", async () => {
  const redis = await startRedis(["requirepass the-right-password"]);
  const wrong = await openOnRedis(`redis://:MARKED-password@127.0.0.1:${redis.port}`);
  const error = await wrong.pingRead().catch((reason: unknown) => reason);
  assert.ok(error instanceof Problem && error.cause instanceof Error);
  assert.match(error.cause.message, /^Redis refuses: WRONGPASS$/);
  assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /MARKED|127\.0\.0\.1/);
  await wrong.close();

  const right = await openOnRedis(`redis://:the-right-password@127.0.0.1:${redis.port}/3`);
  await bound(right, aSession());
  const used = await ask({ ...redis, url: `redis://:the-right-password@127.0.0.1:${redis.port}` }, "INFO", "keyspace");
  assert.match(String(used), /db3:keys=/);
  await redis.close();
  const away = await right.pingRead().catch((reason: unknown) => reason);
  assert.doesNotMatch(inspect(away, { depth: 20, showHidden: true }), /the-right-password/);
  await right.close();
});

const unavailable = { name: "Problem", code: "session-store-unavailable" };

const succeeds = (answer: Promise<unknown>) =>
  answer.then(
    () => true,
    () => false,
  );
const fails = async (answer: Promise<unknown>) => !(await succeeds(answer));

/** A relay on the way to Redis, which can go silent without closing a connection. */
async function startRoad(port: number) {
  let target = port;
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    /** What is connected now never hears anything again; new connections work. */
    swallow: () => {
      for (const socket of sockets) socket.unpipe().resume();
    },
    /** Where new connections lead. */
    leadTo: (other: number) => {
      target = other;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
