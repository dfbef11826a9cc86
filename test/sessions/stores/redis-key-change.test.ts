import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { AppSession } from "../../../src/sessions/model.ts";
import { Sealer } from "../../../src/sessions/sealing.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { PROVING_MS } from "../../../src/sessions/stores/redis/installation.ts";
import { systemClock } from "../../../src/system-clock.ts";
import { until } from "./contract.ts";
import { documentedRights } from "./documented-rights.ts";
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

test("keys changed while a new instance starts before the old one has ended lose nothing", async () => {
  const { isUnder } = await emptyPlace([redis], redis.url);
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  // Pauses of seconds and minutes pass a hundred times as fast.
  const hurried = {
    ...systemClock,
    after: (ms: number, call: () => void) => systemClock.after(ms < 2_000 ? ms : ms / 100, call),
  };
  await ask(redis, "ACL", "SETUSER", "bff", ...documentedRights("bff"));
  const url = redis.url.replace("//", "//bff:PASSWORD@");
  const open = (keys: Uint8Array[]) =>
    openOnRedis(url, { keys, clock: hurried, onCorrupt: (record) => assert.fail(record.name) });
  const ending = await open([old, fresh]);
  const next = await open([fresh, old]);
  const written: AppSession[] = [];
  // Long after the look of who started last.
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let at = 0; at < 30; at++) {
    const session = aSession();
    await bound(ending, session);
    await ending.createAgent(anAgent({ agentId: session.agentId }));
    written.push(session);
  }
  // A connection that is made anew seals the canary anew.
  const again = await open([old, fresh]);
  await Promise.all([again.close(), ending.close()]);
  await until(() => isUnder?.(fresh) ?? true, 8_000);
  await until(async () => new Sealer([fresh]).isNewest(String(await ask(redis, "GET", "cbff:canary"))));
  const last = await open([fresh]);
  for (const session of written) {
    assert.deepEqual(await last.getSession(session), session);
    assert.ok(await last.getAgent(session.agentId));
  }
  await Promise.all([next.close(), last.close()]);
});

test("looks for what an older key has sealed are few, change nothing where there is nothing, and are none with one key", async () => {
  await emptyPlace([redis], redis.url);
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const clock = new Planned();
  const store = await openOnRedis(redis.url, { keys: [fresh, old], clock });
  for (let at = 0; at < 200; at++) await bound(store, aSession());
  const calls = async (command: string) => {
    const counted = String(await ask(redis, "INFO", "commandstats"));
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(counted)?.[1] ?? 0);
  };
  const pauses = [await clock.next()];
  for (let look = 0; look < 11; look++) {
    await ask(redis, "CONFIG", "RESETSTAT");
    pauses.push(await clock.next());
    assert.ok((await calls("scan")) <= 3 && (await calls("eval")) <= 4);
    assert.ok((await calls("hmget")) <= 200, "nothing is opened");
    assert.equal(await calls("hset"), 0, "nothing is written");
  }
  assert.ok(pauses[0] !== undefined && pauses[0] <= 5_000, pauses.join());
  assert.ok(
    pauses.slice(-3).every((ms) => ms >= 300_000 && ms <= 600_000),
    pauses.join(),
  );
  await store.close();
  const planned = new Planned();
  const single = await openOnRedis(redis.url, { keys: [fresh], clock: planned });
  assert.equal(planned.waiting, 0);
  await single.close();
});

/** Pauses of seconds and more pass when the test says so. */
class Planned {
  readonly monotonic = systemClock.monotonic;
  readonly wall = systemClock.wall;
  readonly wait = systemClock.wait;
  readonly #planned = new Map<() => void, number>();

  readonly after = (ms: number, call: () => void) => {
    if (ms <= 2_000 || ms === PROVING_MS) return systemClock.after(ms, call);
    this.#planned.set(call, ms);
    return () => void this.#planned.delete(call);
  };

  get waiting(): number {
    return this.#planned.size;
  }

  /** Lets the one pause pass, and resolves when the next has begun. Answers with its milliseconds. */
  async next(): Promise<number> {
    await until(() => this.#planned.size === 1);
    const [planned] = this.#planned;
    assert.ok(planned);
    this.#planned.clear();
    planned[0]();
    await until(() => this.#planned.size === 1);
    return planned[1];
  }
}

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
