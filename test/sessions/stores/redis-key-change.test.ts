import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import type { AppSession } from "../../../src/sessions/model.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { startRedis } from "../../support/redis.ts";
import { until } from "./contract.ts";
import { ask, emptyPlace, openOnRedis } from "./redis-places.ts";
import { anAgent, anAgentId, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());

test("keys changed in two phases, one instance at a time while both are used, lose nothing", async () => {
  const { isUnder } = await emptyPlace([redis], redis.url);
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const open = (keys: Uint8Array[]) =>
    openOnRedis(redis.url, { keys, onCorrupt: (record) => assert.fail(record.name) });
  const instances: SessionStore[] = [await open([old]), await open([old])];
  const written: AppSession[] = [];
  const use = async (): Promise<void> => {
    for (const store of instances) {
      const session = aSession();
      await bound(store, session);
      await store.createAgent(anAgent({ agentId: session.agentId }));
      written.push(session);
    }
    for (const store of instances) {
      for (const session of written) {
        assert.deepEqual(await store.getSession(session, { fresh: true }), session);
        assert.deepEqual(await store.sessionsOfAgent(session.agentId), [session]);
        const agent = await store.getAgent(session.agentId, { fresh: true });
        assert.ok(agent && (await store.updateAgent({ ...agent, guidVersion: agent.guidVersion + 1 })));
      }
    }
  };
  await use();
  for (const keys of [[old, fresh], [fresh, old], [fresh]]) {
    for (const at of [0, 1]) {
      await instances[at]?.close();
      instances[at] = await open(keys);
      await use();
    }
    if (keys[0] === fresh) await until(() => isUnder?.(fresh) ?? true);
  }
  for (const store of instances) await store.close();
});

describe("a Redis that is full of what was written to it", () => {
  test("extends every lease that is held, and takes nothing new until it has room", async () => {
    const store = await openOnRedis(redis.url, { keys: [randomBytes(32)], prefix: "full" });
    const held = Array.from({ length: 1_000 }, () => ({ agentId: anAgentId(), owner: "a" }));
    assert.ok((await store.acquireLeases("poll", held, 5_000)).every((taken) => taken === true));
    const used = Number(/used_memory:(\d+)/.exec(String(await ask(redis, "INFO", "memory")))?.[1]);
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", String(used + 2_000_000));
    try {
      let refusal: unknown = null;
      for (let at = 0; at < 200 && refusal === null; at++) {
        refusal = await ask(redis, "SET", `filling:${at}`, "x".repeat(100_000)).then(
          () => null,
          (error) => error,
        );
      }
      assert.match(String(refusal), /OOM/);
      // Each connection takes memory too, and the one that has filled it is gone.
      await ask(redis, "CONFIG", "SET", "maxmemory", String(used + 1_000_000));
      await assert.rejects(store.pingWrite(), { code: "session-store-unavailable" });
      for (let round = 0; round < 3; round++) {
        assert.ok((await store.acquireLeases("poll", held, 60_000)).every((taken) => taken === true));
      }
      const lefts = await Promise.all(
        held.slice(0, 20).map(({ agentId }) => ask(redis, "PTTL", `full:lease:poll:{${agentId}}`)),
      );
      assert.ok(
        lefts.every((left) => Number(left) > 50_000),
        lefts.join(),
      );
      assert.deepEqual(await store.acquireLeases("poll", [{ agentId: anAgentId(), owner: "a" }], 5_000), [null]);
    } finally {
      await ask(redis, "CONFIG", "SET", "maxmemory", "0");
    }
    await store.pingWrite();
    await store.close();
  });
});
