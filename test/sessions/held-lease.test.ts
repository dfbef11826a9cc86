import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { Problem } from "../../src/problems.ts";
import { openStore, type SessionStore } from "../../src/sessions/index.ts";
import { HeldLease } from "../../src/sessions/keep-alive/held-lease.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { agentId } from "../support/gateway-client.ts";

const MINUTE = 60_000;
const parts = { clock: systemClock, chance: systemChance };

async function openMemory(t: TestContext): Promise<SessionStore> {
  const config = { url: "memory:", kind: "memory", path: null, prefix: "cbff", keys: [randomBytes(32)] } as const;
  const store = await openStore(config, {
    clock: systemClock,
    chance: systemChance,
    eventsKept: 1,
    onCorrupt: () => undefined,
  });
  t.after(() => store.close());
  return store;
}

test("a lease that was let go while the store hung is not let go again when the store gets to it", async (t) => {
  const store = await openMemory(t);
  const hanging: (() => Promise<void>)[] = [];
  const slow = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        if (name !== "releaseLease") return Reflect.apply(value, target, given);
        hanging.push(() => Reflect.apply(value, target, given) as Promise<void>);
        return Promise.reject(new Problem("session-store-unavailable"));
      };
    },
  });
  const [first] = await HeldLease.acquire([agentId], { ...parts, store: slow, owner: "instance 1", leaseMs: 20 });
  await first?.release();
  assert.equal(first?.left(), 0);
  await new Promise((resolve) => setTimeout(resolve, 30));

  const [again] = await HeldLease.acquire([agentId], { ...parts, store, owner: "instance 1", leaseMs: MINUTE });
  assert.ok(again?.outlasts(1_000));
  for (const late of hanging) await late();
  const other = await HeldLease.acquire([agentId], { ...parts, store, owner: "instance 2", leaseMs: MINUTE });
  assert.deepEqual(other, []);
});
