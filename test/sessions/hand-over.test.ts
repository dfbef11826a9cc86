import assert from "node:assert/strict";
import { test } from "node:test";
import { signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { startFleet } from "./fleet.ts";
import { assertNoViolations, pollsOf } from "./quick-times.ts";
import { signedIn, wired } from "./wired-sessions.ts";

const AGENTS = 12;

test("agents that an ending instance lets go are not polled too soon by the one that takes them over", async (t) => {
  // Short holds: most of the agents are in the pause between two polls when the instance ends.
  const fleet = await startFleet(t, { simulator: { pollHoldMs: 30, agents: AGENTS } });
  const ending = await fleet.instance();
  for (let place = 0; place < AGENTS; place++) {
    await signedInDevice(ending.url, { sub: `user-${place}` }, { agentId: String(20_001 + place) });
  }
  await until(() => pollsOf(fleet.simulator) > AGENTS * 5);
  const staying = await fleet.instance();
  await ending.close();
  const before = pollsOf(fleet.simulator);
  await until(() => pollsOf(fleet.simulator) > before + AGENTS * 3);
  assert.equal((await (await fetch(`${staying.url}/metrics`)).text()).includes(`agents_polled ${AGENTS}`), true);
  assertNoViolations(fleet.simulator);
});

test("an instance that ends is out of the others' shares before its polls have answered", async (t) => {
  const { instance, store, simulator } = await wired(t, { pollHoldMs: 2_000 }, { pollHoldMs: 2_000, leaseMs: 6_000 });
  const ending = instance();
  await signedIn(ending);
  await until(() => simulator.control.state().heldPolls === 1);
  await until(async () => (await store.instances()).length === 1);
  let ended = false;
  const closing = ending.close(5_000).then(() => {
    ended = true;
  });
  await until(async () => (await store.instances()).length === 0, 1_000);
  assert.deepEqual([ended, simulator.control.state().heldPolls], [false, 1]);
  await closing;
});
