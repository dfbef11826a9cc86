import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { faultyStore } from "../support/faulty-store.ts";
import { aSessionId, aSubject } from "../support/names.ts";
import { StandingMachine } from "./standing-machine.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;

/** A fleet of one instance whose process can be stopped, and another. */
async function withStoppable(t: TestContext) {
  const fleet = await virtualFleet(t);
  const machine = new StandingMachine(fleet.clock, true);
  const line = fleet.gateway.line();
  const one = fleet.instance({
    clock: machine.clock,
    store: machine.reaching(fleet.store),
    gateway: machine.reaching(line),
  });
  return { ...fleet, machine, line, one };
}

describe("a process that was stopped", () => {
  test("in the middle of a moment's refusal does not take its own stillness for a verdict", async (t) => {
    const { clock, gateway, store, machine, one } = await withStoppable(t);
    gateway.holdMs = 200;
    await one.signIn(agentId);
    await clock.advance(2_000);
    let refused = 0;
    gateway.refuses = (operation) => {
      if (operation !== "poll" || refused === 2) return null;
      refused += 1;
      if (refused === 2) machine.standStill();
      return "000-003";
    };
    await clock.until(() => refused === 2);
    await clock.advance(20_000);
    machine.goOn();
    await clock.advance(10_000);
    assert.equal((await store.agentIds()).length, 1);
    assert.equal(await one.ask(agentId), "ok");
  });

  test("does not say of an agent whom another polls by now that it is unreachable", async (t) => {
    const { clock, gateway, store, machine, line, one, instance } = await withStoppable(t);
    gateway.holdMs = 200;
    await one.signIn(agentId);
    await clock.advance(2_000);
    const other = instance().sessions;
    await clock.advance(3_000);
    const from = gateway.agent(agentId).polls;
    line.cut = true;
    await clock.until(() => gateway.agent(agentId).polls === from + 2, 10_000, 5);
    machine.standStill();
    await clock.until(() => other.agentsPolled === 1, 60_000);
    await clock.advance(2_000);
    const heard: string[] = [];
    await store.subscribe(agentId, ({ type }) => heard.push(type));
    machine.goOn();
    await clock.advance(2_000);
    assert.deepEqual(heard, []);
  });

  test("in the middle of a sign-out ends nobody who has signed in since", async (t) => {
    const { clock, gateway, store, machine, one, instance } = await withStoppable(t);
    await one.signIn(agentId);
    const other = instance();
    gateway.refuses = (operation) => {
      if (operation === "sign-out") machine.standStill();
      return null;
    };
    let left = false;
    const leaving = one.signOut(agentId).then(() => {
      left = true;
    });
    await clock.advance(10_000);
    assert.equal(left, false);
    const { agent } = await other.signIn(agentId, { subject: "user-2", session: "device-2" });
    machine.goOn();
    await leaving;
    await clock.advance(5_000);
    assert.equal((await store.getAgent(agentId, { fresh: true }))?.signInId, agent.signInId);
    assert.deepEqual(
      (await store.sessionsOfAgent(agentId)).map(({ subject }) => subject),
      ["user-2"],
    );
  });

  test("in a bind that a forced sign-in has overtaken replaces nobody", async (t) => {
    const { clock, gateway, store, instance } = await virtualFleet(t);
    let isStill = false;
    // Stopped between its last look at the lease and its write.
    const stopping = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...given: readonly unknown[]): Promise<unknown> => {
          if (isStill) await clock.wait(10_000);
          const answer: unknown = await Reflect.apply(value, target, given);
          if (name === "acquireLeases" && given[0] === "sign-in") isStill = true;
          return answer;
        };
      },
    });
    const [one, other] = [instance({ store: stopping, started: false }), instance()];
    await other.signIn(agentId);
    const input = {
      agentId,
      guid: gateway.signIn(agentId),
      subject: aSubject("user-1"),
      keepAlive: "managed",
    } as const;
    const key = { issuer: "app", sessionId: aSessionId("device-1") } as const;
    let outcome = "";
    one.sessions.bind(key, input, { requestId: "a-test", subject: "backend" }).then(
      () => {
        outcome = "bound";
      },
      ({ code }: { code: string }) => {
        outcome = code;
      },
    );
    await clock.until(() => isStill);
    await clock.advance(6_000);
    const { agent } = await other.signIn(agentId, { force: true, subject: "user-2", session: "device-2" });
    isStill = false;
    await clock.until(() => outcome !== "", 60_000);
    assert.equal(outcome, "sign-in-in-progress");
    assert.equal((await store.getAgent(agentId, { fresh: true }))?.signInId, agent.signInId);
  });
});

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
