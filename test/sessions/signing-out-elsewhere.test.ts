import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { type VirtualFleet, type VirtualInstance, virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;

/** The same store, whose messages come later. */
function heardLate(store: SessionStore, clock: Clock, lateMs: number): SessionStore {
  const subscribe: SessionStore["subscribe"] = (agentId, hear) =>
    store.subscribe(agentId, (message) => void clock.after(lateMs, () => hear(message)));
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = name === "subscribe" ? subscribe : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** An instance that polls the agent, every 700 ms or so, and another one that only answers requests. */
async function polledElsewhere(t: TestContext) {
  const fleet = await virtualFleet(t);
  fleet.gateway.holdMs = 400;
  const polling = fleet.instance();
  const other = fleet.instance({ started: false });
  await polling.signIn(agentId);
  await fleet.clock.advance(5_000);
  assert.ok(fleet.gateway.agent(agentId).polls > 4);
  return { ...fleet, other };
}

test("no poll is begun while another instance signs the agent out, nor afterwards", async (t) => {
  const { clock, gateway, other } = await polledElsewhere(t);
  gateway.signOutHeldMs = 3_000;
  await other.signOut(agentId);
  await clock.advance(5_000);
  assert.deepEqual([gateway.signOuts, gateway.pollsAfterSignOut], [1, 0]);
});

/** Signs the agent out on another instance than the one that polls, time and again, at another moment of its polls each time. */
async function signedOutAtAnyMoment(fleet: VirtualFleet, polling: VirtualInstance): Promise<void> {
  const other = fleet.instance({ started: false });
  for (let time = 0; time < 40; time++) {
    await polling.signIn(agentId);
    await fleet.clock.advance(5_000 + time * 17);
    await other.signOut(agentId);
    await fleet.clock.advance(1_000);
  }
  assert.deepEqual([fleet.gateway.signOuts, fleet.gateway.pollsAfterSignOut], [40, 0]);
}

test("nor is one where messages take their time to the instance that polls", async (t) => {
  const fleet = await virtualFleet(t);
  fleet.gateway.holdMs = 400;
  fleet.gateway.signOutHeldMs = 120;
  await signedOutAtAnyMoment(fleet, fleet.instance({ store: heardLate(fleet.store, fleet.clock, 150) }));
});

test("nor is one whose connection only stands when the sign-out has begun", async (t) => {
  const fleet = await virtualFleet(t);
  fleet.gateway.holdMs = 400;
  fleet.gateway.pollConnectsMs = 250;
  fleet.gateway.signOutHeldMs = 300;
  await signedOutAtAnyMoment(fleet, fleet.instance());
});

test("whoever polls and does not answer is not waited for longer than a second", async (t) => {
  const { clock, gateway, store, instance } = await virtualFleet(t);
  const only = instance({ started: false });
  await only.signIn(agentId);
  await store.acquireLease({ kind: "poll", agentId }, "an instance that was killed", 30_000);
  const from = clock.monotonic();
  await only.signOut(agentId);
  assert.equal(gateway.signOuts, 1);
  assert.ok(clock.monotonic() - from < 1_500, String(clock.monotonic() - from));
});

test("a sign-out that is refused elsewhere keeps the polls up no longer", async (t) => {
  const { clock, gateway, other } = await polledElsewhere(t);
  gateway.isTalking = true;
  await assert.rejects(other.signOut(agentId), (error) => error instanceof Problem && error.code === "agent-busy");
  const { polls } = gateway.agent(agentId);
  await clock.advance(1_500);
  assert.ok(gateway.agent(agentId).polls > polls);
});

test("a sign-out whose instance is killed keeps the polls up for as long as it could have lasted", async (t) => {
  const { clock, gateway, store } = await polledElsewhere(t);
  const signInId = (await store.getAgent(agentId))?.signInId ?? "";
  await store.publish(agentId, { type: "signing-out", signInId, lastsMs: 4_000 });
  await clock.advance(500);
  const { polls } = gateway.agent(agentId);
  await clock.advance(3_400);
  assert.equal(gateway.agent(agentId).polls, polls);
  await clock.advance(1_000);
  assert.ok(gateway.agent(agentId).polls > polls);
});

test("what was said of a sign-in before keeps up no poll of the one that is", async (t) => {
  const { clock, gateway, store } = await polledElsewhere(t);
  await store.publish(agentId, { type: "signing-out", signInId: "one before", lastsMs: 10_000 });
  const { polls } = gateway.agent(agentId);
  await clock.advance(2_000);
  assert.ok(gateway.agent(agentId).polls > polls);
});
