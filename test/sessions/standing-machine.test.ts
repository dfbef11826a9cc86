import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultyStore } from "../support/faulty-store.ts";
import { StandingMachine } from "./standing-machine.ts";
import { virtualFleet } from "./virtual-fleet.ts";

describe("a machine that stood still, and its clocks with it", () => {
  for (const stoodMs of [29_000, 31_000, 45_000, 600_000]) {
    test(`for ${stoodMs / 1_000} s begins no poll beside the one of who has taken over`, async (t) => {
      const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
      const machine = new StandingMachine(clock);
      const one = instance({
        clock: machine.clock,
        store: machine.reaching(store),
        gateway: machine.reaching(gateway.line()),
      });
      const agentIds = await signedInBefore(16);
      await clock.until(() => one.sessions.agentsPolled === 16);
      const other = instance();
      // Polls are held, and some pauses go by.
      await clock.advance(12_300);
      machine.standStill();
      await clock.advance(stoodMs);
      machine.goOn();
      await clock.advance(40_000);
      assert.equal(gateway.mostPollsAtOnce, 1);
      assert.equal(one.sessions.agentsPolled + other.sessions.agentsPolled, 16);
      assert.ok(agentIds.every((agentId) => gateway.isSignedIn(agentId)));
    });
  }

  test("begins none either where its connections to the store broke meanwhile", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const machine = new StandingMachine(clock);
    const { store: breaking, faults } = faultyStore(store);
    const one = instance({
      clock: machine.clock,
      store: machine.reaching(breaking),
      gateway: machine.reaching(gateway.line()),
    });
    await signedInBefore(16);
    await clock.until(() => one.sessions.agentsPolled === 16);
    const other = instance();
    await clock.advance(12_300);
    machine.standStill();
    await clock.advance(45_000);
    assert.equal(other.sessions.agentsPolled, 16);
    faults.fail();
    machine.goOn();
    await clock.advance(400);
    faults.recover();
    await clock.advance(40_000);
    assert.equal(gateway.mostPollsAtOnce, 1);
    assert.equal(one.sessions.agentsPolled, 0);
  });
});
