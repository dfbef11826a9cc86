import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { SignInLeases } from "../../src/sessions/sign-in-lease.ts";
import { seededChance, VirtualClock } from "../support/virtual-clock.ts";
import { wired } from "./wired-sessions.ts";

const agentId = "1201" as AgentId;
const unavailable = () => new Problem("session-store-unavailable");

function leasesIn(store: SessionStore, gatewayTimeoutMs = 5_000): { leases: SignInLeases; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { clock, leases: new SignInLeases({ store, gatewayTimeoutMs, clock, chance: seededChance() }) };
}

/** A store that hangs: it does what it is asked once more, and says that it did not. */
function hangingOnce(store: SessionStore, operation: "acquireLease" | "releaseLease", does: boolean): SessionStore {
  let hangs = true;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (name !== operation || !hangs) return Reflect.apply(value, target, given) as unknown;
        hangs = false;
        if (does) await Reflect.apply(value, target, given);
        throw unavailable();
      };
    },
  });
}

const isFree = async (store: SessionStore): Promise<boolean> =>
  (await store.unheld("sign-in", [agentId])).includes(agentId);

test("a lease that was taken in an outage, and not told of, is let go", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(hangingOnce(store, "acquireLease", true));
  await assert.rejects(
    leases.during(agentId, 0, () => Promise.resolve()),
    { code: "session-store-unavailable" },
  );
  assert.equal(await isFree(store), false, "the store has it");
  await clock.advance(500);
  assert.equal(await isFree(store), true);
});

test("a lease that could not be let go in an outage is let go after it", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(hangingOnce(store, "releaseLease", false));
  assert.equal(await leases.during(agentId, 0, () => Promise.resolve("done")), "done");
  assert.equal(await isFree(store), false);
  await clock.advance(500);
  assert.equal(await isFree(store), true);
});

test("a lease outlasts the four gateway operations that can be made under it", async (t) => {
  const { store } = await wired(t);
  const gatewayTimeoutMs = 9_000;
  const asked: unknown[] = [];
  const watched = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        if (name === "acquireLease") asked.push(given[2]);
        return Reflect.apply(value, target, given);
      };
    },
  });
  await leasesIn(watched, gatewayTimeoutMs).leases.during(agentId, 0, () => Promise.resolve());
  assert.equal(asked.length, 1);
  assert.ok(Number(asked[0]) > 4 * gatewayTimeoutMs, String(asked[0]));
});

test("who finds the agent's lease held waits for its turn, and not past its time", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(store);
  let finish = (): void => undefined;
  const first = leases.during(agentId, 0, () => new Promise<void>((resolve) => (finish = resolve)));
  const outcomes: string[] = [];
  const patient = leases.during(agentId, 5_000, async () => outcomes.push("its turn"));
  const hasty = leases
    .during(agentId, 1_000, async () => outcomes.push("too early"))
    .catch((error: { code: string }) => {
      outcomes.push(error.code);
    });
  await clock.advance(999);
  assert.deepEqual(outcomes, []);
  await clock.advance(100);
  await hasty;
  assert.deepEqual(outcomes, ["sign-in-in-progress"]);
  finish();
  await first;
  await clock.advance(25);
  await patient;
  assert.deepEqual(outcomes, ["sign-in-in-progress", "its turn"]);
});
