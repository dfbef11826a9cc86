import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Simulator } from "../../simulator/index.ts";
import { type AgentClient, QUICK, ready, simulatorFor } from "./gateway-client.ts";

async function idle(
  t: TestContext,
): Promise<{ simulator: Simulator; agent: AgentClient; does: Does; state: () => number }> {
  const simulator = await simulatorFor(t, QUICK);
  const agent = await ready(simulator, "1202");
  const does: Does = async (operation) => (await agent.operate("POST", "onlineagent", operation)).retcode;
  return { simulator, agent, does, state: () => simulator.control.agent("1202").state };
}

type Does = (operation: string) => Promise<string>;

test("an agent goes busy and comes back, and hears of both", async (t) => {
  const { agent, does, state } = await idle(t);
  assert.equal(await does("saybusy?reason=200"), "0");
  assert.deepEqual(await agent.hear("AgentState_SetNotReady_Success"), [
    ["AgentState_SetNotReady_Success", { reason: "200" }],
  ]);
  assert.equal(state(), 3);
  assert.equal(await does("saybusy"), "000-002", "who is busy already gives reason and prolong");
  assert.equal(await does("saybusy?reason=201&prolong=true"), "0");
  assert.equal(await does("sayfree"), "0");
  await agent.hear("AgentState_CancelNotReady_Success");
  assert.equal(state(), 4);
  assert.equal(await does("saybusy"), "0");
  assert.deepEqual(await agent.hear("AgentState_SetNotReady_Success"), [
    ["AgentState_SetNotReady_Success", { reason: "0" }],
  ]);
  assert.equal(await does("cancelbusy"), "0");
  assert.equal(await does("cancelbusy"), "100-009");
  for (const wrong of ["reason=199", "reason=251", "reason=x", "prolong=perhaps"]) {
    assert.equal(await does(`saybusy?${wrong}`), "000-002", wrong);
  }
});

test("rest comes a moment later, reminds when its time is over, and goes on until it is ended", async (t) => {
  const { simulator, agent, does, state } = await idle(t);
  simulator.control.configure({ timeScale: 100 });
  assert.equal(await does("rest/1/7"), "0");
  assert.deepEqual(await agent.hear("AgentState_Rest_Timeout"), [
    ["AgentState_SetRest_Success", { reason: "7" }],
    ["AgentState_Rest_Timeout", null],
  ]);
  assert.equal(state(), 8);
  assert.equal(await does("cancelrest"), "0");
  await agent.hear("AgentState_CancelRest_Success");
  assert.equal(await does("cancelrest"), "100-009");
  for (const wrong of ["rest/0/7", "rest/86400/7", "rest/1/256", "rest/x/1"])
    assert.equal(await does(wrong), "000-002");
});

test("after-call work begins, ends and can be ended by saying free", async (t) => {
  const { agent, does, state } = await idle(t);
  assert.equal(await does("work"), "0");
  assert.deepEqual(await agent.drain(), ["AgentState_SetWork_Success", "AgentState_Work"]);
  assert.equal(state(), 5);
  assert.equal(await does("cancelwork"), "0");
  assert.equal(await does("cancelwork"), "100-009");
  await does("work");
  await agent.drain();
  assert.equal(await does("sayfree"), "0");
  assert.deepEqual(await agent.drain(), ["AgentState_CancelWork_Success"]);
  assert.equal(await does("sayfree"), "100-009", "who is idle cannot be freed");
});

test("what is asked for during a call waits for its end", async (t) => {
  const { agent, does, state } = await idle(t);
  await agent.operate("PUT", "voicecall", "callout", { called: "70005" });
  await agent.hear("AgentEvent_Talking");
  assert.equal(await does("saybusy"), "0");
  assert.deepEqual([await agent.drain(), state()], [[], 7]);
  await agent.operate("DELETE", "voicecall", "release");
  assert.deepEqual((await agent.drain()).slice(-2), ["AgentState_Ready", "AgentState_SetNotReady_Success"]);
  assert.equal(state(), 3);
});

test("without going idle by itself an agent has after-call work when a call is over", async (t) => {
  const { agent, does, state } = await idle(t);
  assert.equal(await does("autoenteridle/false"), "0");
  assert.equal(await does("autoenteridle/perhaps"), "000-002");
  await agent.operate("PUT", "voicecall", "callout", { called: "70005" });
  await agent.hear("AgentEvent_Talking");
  await agent.operate("DELETE", "voicecall", "release");
  assert.equal((await agent.drain()).at(-1), "AgentState_Work");
  assert.equal(state(), 5);
});

test("skills are reset", async (t) => {
  const { does } = await idle(t);
  assert.equal(await does("resetskill/true?skillid=1;2&phonelinkage=0"), "0");
  assert.equal(await does(`resetskill/false?skillid=${"1;".repeat(2001)}`), "000-002");
});
