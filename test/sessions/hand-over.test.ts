import assert from "node:assert/strict";
import { test } from "node:test";
import { signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { startFleet } from "./fleet.ts";
import { assertNoViolations, pollsOf } from "./quick-times.ts";

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
