import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgentId } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());

describe("leases in Redis", () => {
  let store: SessionStore;
  before(async () => {
    store = await openOnRedis(redis.url);
  });
  after(() => store.close());

  test("are extended by a Redis that is full, which gives no new ones and says so", async () => {
    const [held, free] = [anAgentId(), anAgentId()].map((agentId) => ({ agentId, owner: "a" }));
    assert.ok(held && free);
    assert.deepEqual(await store.acquireLeases("poll", [held], 5_000), [true]);
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1");
    try {
      assert.deepEqual(await store.acquireLeases("poll", [free, held], 60_000), [null, true]);
      const left = Number(await ask(redis, "PTTL", `cbff:lease:poll:{${held.agentId}}`));
      assert.ok(left > 50_000, `${left}`);
      await assert.rejects(store.acquireLease({ kind: "poll", agentId: free.agentId }, "a", 5_000), {
        code: "session-store-unavailable",
      });
      await store.releaseLease({ kind: "poll", agentId: held.agentId }, "a");
    } finally {
      await ask(redis, "CONFIG", "SET", "maxmemory", "0");
    }
    assert.deepEqual(await store.acquireLeases("poll", [free, held], 5_000), [true, true]);
  });

  test("are not kept from anybody by what stands in their place by mistake", async () => {
    const agentIds = [anAgentId(), anAgentId(), anAgentId()];
    const names = agentIds.map((agentId) => `cbff:lease:poll:{${agentId}}`);
    await ask(redis, "SET", names[0] ?? "", "garbage without an end");
    await ask(redis, "HSET", names[1] ?? "", "a", "hash");
    await ask(redis, "SADD", names[2] ?? "", "a set");
    const asked = agentIds.map((agentId) => ({ agentId, owner: "a" }));
    assert.deepEqual(await store.acquireLeases("poll", asked, 5_000), [true, true, true]);
    assert.deepEqual(
      await store.acquireLeases(
        "poll",
        asked.map(({ agentId }) => ({ agentId, owner: "b" })),
        5_000,
      ),
      [false, false, false],
    );
  });

  test("and garbage among the instances is none of them", async () => {
    for (const [owner, report] of [
      ["x", ""],
      ["y", "99999999999999"],
      ["z", "soon 1 2"],
    ] as const) {
      await ask(redis, "HSET", "cbff:fleet", owner, report);
    }
    const living = await store.announceInstance({ owner: "one", able: true, answeredAgoMs: 12.7 }, 5_000);
    assert.deepEqual(
      living.map(({ owner }) => owner),
      ["one"],
    );
    assert.deepEqual(await ask(redis, "HLEN", "cbff:fleet"), 1);
  });
});

describe("whether Redis takes writes", () => {
  const whyNot = (store: SessionStore) =>
    store.pingWrite().then(
      () => "it does",
      (error) => error.cause.code,
    );

  test("is told apart from whether it can be read: one that is full, or lacks replicas, does not", async () => {
    const store = await openOnRedis(redis.url);
    assert.equal(await whyNot(store), "it does");
    for (const [setting, refusing, usual, code] of [
      ["maxmemory", "1", "0", "OOM"],
      ["min-replicas-to-write", "1", "0", "NOREPLICAS"],
    ] as const) {
      await ask(redis, "CONFIG", "SET", setting, refusing);
      try {
        assert.equal(await whyNot(store), code);
        await store.pingRead();
      } finally {
        await ask(redis, "CONFIG", "SET", setting, usual);
      }
      assert.equal(await whyNot(store), "it does");
    }
    assert.equal(await ask(redis, "EXISTS", "cbff:probe"), 0);
    await store.close();
  });

  test("is a matter of the user's rights as well", async () => {
    for (const [lacking, reading] of [
      ["hset", true],
      ["xadd", true],
      ["zadd", true],
      ["pexpire", true],
      ["publish", true],
      ["hmget", false],
    ] as const) {
      await ask(redis, "ACL", "SETUSER", "app", "reset", "on", ">secret", "~*", "&*", "+@all", `-${lacking}`);
      const store = await openOnRedis(redis.url.replace("//", "//app:secret@"));
      if (reading) {
        assert.match(await whyNot(store), /^NOPERM/, lacking);
        await store.pingRead();
      } else {
        await assert.rejects(store.pingRead(), { code: "session-store-unavailable" });
      }
      await store.close();
    }
  });
});
