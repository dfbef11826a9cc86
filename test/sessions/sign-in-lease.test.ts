import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { SignInLeases } from "../../src/sessions/sign-in-lease.ts";
import { seededChance, VirtualClock } from "../support/virtual-clock.ts";
import { Mortal } from "./mortal.ts";
import { virtualFleet } from "./virtual-fleet.ts";
import { wired } from "./wired-sessions.ts";

const agentId = "1201" as AgentId;
const unavailable = () => new Problem("session-store-unavailable");

function leasesIn(store: SessionStore, clock = new VirtualClock()): { leases: SignInLeases; clock: VirtualClock } {
  return { clock, leases: new SignInLeases({ store, clock, chance: seededChance() }) };
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

test("a lease is short, and lasts as long as what is done under it", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  let finish = (): void => undefined;
  const work = leases.during(agentId, 0, () => new Promise<void>((resolve) => (finish = resolve)));
  for (let seconds = 0; seconds < 60; seconds++) {
    await clock.advance(1_000);
    assert.equal(await isFree(store), false, `after ${seconds} s`);
  }
  finish();
  await work;
  assert.equal(await isFree(store), true);
});

test("a lease that nobody renews any more is over after five seconds", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const mortal = new Mortal();
  const leases = new SignInLeases({ store, clock: mortal.clock(clock), chance: seededChance() });
  void leases.during(agentId, 0, () => new Promise(() => undefined));
  await clock.advance(30_000);
  mortal.kill();
  await clock.advance(5_000);
  assert.equal(await isFree(store), true);
});

test("who has lost its lease to somebody else is told so, and takes it back from nobody", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  const lease = { kind: "sign-in", agentId } as const;
  await leases.during(agentId, 0, async (turn) => {
    assert.equal(await turn.isHeld(), true);
    // As a store does that has forgotten it.
    await store.releaseLease(lease, seededChance().id());
    assert.equal(await store.acquireLease(lease, "somebody else", 60_000), true);
    assert.equal(await turn.isHeld(), false);
    await store.releaseLease(lease, "somebody else");
    await clock.advance(10_000);
    assert.equal(await turn.isHeld(), false);
  });
  assert.equal(await isFree(store), true);
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
