import assert from "node:assert/strict";
import { test } from "node:test";
import { startFleet } from "../../sessions/fleet.ts";
import { until } from "../../support/until.ts";
import { Agent, agentAt, expect, tell } from "./stage.ts";

test("an invitation rings on when the instance that heard of it is killed, and is taken on another one of the same Redis", async (t) => {
  const fleet = await startFleet(t, { simulator: { hastyPollMs: 0, answerMs: 20, ringingMs: 60_000 } });
  const [heard, other] = [await fleet.process(), await fleet.instance()];
  const { control } = fleet.simulator;
  const at = { url: heard.url, simulator: fleet.simulator };
  const { token } = await agentAt(at, "1201");
  const there = new Agent(other.url, "1201", token);
  const { id } = control.startConference({ participants: [{ address: "1254" }] });
  control.invite(id, { address: "1201" });
  const invited = { id, own: { state: "invited" } };
  await until(async () => (await there.look()).body.own?.state === "invited");
  heard.signal("SIGKILL");
  assert.deepEqual((await there.look()).body, invited);
  // Whoever polls next brings what became of it: in time, or a moment later.
  const answer = await there.call("post", "/conference/answer");
  assert.ok(answer.status === 200 || answer.status === 202, tell(answer));
  await until(async () => (await there.look()).body.own?.state === "joined", 15_000);
  expect(await there.call("post", "/conference/leave"), "204");
});
