import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { SimulatorOptions } from "../../simulator/index.ts";
import { parsed, QUICK, ready, simulatorFor, typesOf } from "./gateway-client.ts";

async function timed(t: TestContext, minutes: number, remind: number, options: SimulatorOptions = {}) {
  const simulator = await simulatorFor(t, { ...QUICK, conferenceMinuteMs: 100, ...options });
  const chair = await ready(simulator, "1202");
  await chair.confer("requestagentconf", { memberNum: 4, time: minutes, promptTime: remind });
  await chair.hear("AgentConf_RequestSuccess");
  return { simulator, chair, id: simulator.control.conferences()[0]?.id ?? "" };
}

test("the chair is reminded before the time is over, and then everybody is out", async (t) => {
  const { simulator, chair, id } = await timed(t, 5, 3);
  assert.deepEqual(await chair.hear("AgentConf_Timeout"), [["AgentConf_Timeout", { confId: Number(id) }]]);
  assert.equal(simulator.control.conferences().length, 1);
  assert.deepEqual(typesOf(await chair.hear("AgentState_Ready")).slice(1), [
    "AgentOther_PhoneRelease",
    "AgentConf_SelfLeaveResult",
    "AgentState_Ready",
  ]);
  assert.deepEqual(simulator.control.conferences(), []);
});

test("a reminder as long as the whole time comes after its first minute", async (t) => {
  const { chair } = await timed(t, 4, 1440);
  await chair.hear("AgentConf_Timeout");
  const from = performance.now();
  await chair.hear("AgentConf_SelfLeaveResult");
  assert.ok(performance.now() - from > 100, "after the first of four minutes of 100 ms");
});

test("time is prolonged up to a day in all, and the reminder comes again before the new end", async (t) => {
  const { simulator, chair, id } = await timed(t, 4, 3);
  await chair.hear("AgentConf_Timeout");
  assert.deepEqual((await chair.confer("prolongtime", { prolongTime: 3 })).result, { applyedTime: 3 });
  await chair.hear("AgentConf_Timeout");
  assert.deepEqual((await chair.confer("prolongtime", { prolongTime: 1440 })).result, { applyedTime: 1433 });
  assert.equal(simulator.control.conference(id).bookedMinutes, 1440);
  assert.equal((await chair.confer("prolongtime", { prolongTime: 1 })).retcode, "000-002");
  simulator.control.configure({ unnamedRefusal: "cti" });
  const { retcode, message } = await chair.confer("prolongtime", { prolongTime: 1 });
  assert.deepEqual([retcode, message], ["100-007", "Unknown ERROR._4"]);
});

test("a site may grant less at once than is asked for", async (t) => {
  const { chair } = await timed(t, 60, 3, { mostProlongMinutes: 20 });
  assert.deepEqual((await chair.confer("prolongtime", { prolongTime: 100 })).result, { applyedTime: 20 });
});

test("the minutes that it has lasted are the gateway's own", async (t) => {
  const { chair, id } = await timed(t, 1440, 3);
  const lasted = async () => JSON.parse((await chair.infos(`[${id}]`)).text).result.confs[0].confHaveBeenTime as number;
  const first = await lasted();
  await new Promise((resolve) => setTimeout(resolve, 210));
  assert.ok((await lasted()) >= first + 2);
});

test("conferences that were not applied for run on past their time", async (t) => {
  const simulator = await simulatorFor(t, { conferenceMinuteMs: 1, pollHoldMs: 5 });
  const { id } = simulator.control.startConference({ bookedMinutes: 4 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(simulator.control.conference(id).bookedMinutes, 4);
  const inspector = await ready(simulator, "1201");
  assert.match((await inspector.ids()).text, /355840/);
  assert.equal(parsed(await inspector.infos(`[${id}]`)).retcode, "0");
});
