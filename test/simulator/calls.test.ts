import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Simulator } from "../../simulator/index.ts";
import { type AgentClient, lastContent, QUICK, ready, simulatorFor, typesOf } from "./gateway-client.ts";

async function idle(t: TestContext): Promise<{ simulator: Simulator; agent: AgentClient }> {
  const simulator = await simulatorFor(t, QUICK);
  return { simulator, agent: await ready(simulator, "1202") };
}

const call = (agent: AgentClient, method: string, operation: string, body?: unknown) =>
  agent.operate(method, "voicecall", operation, body);

async function talking(agent: AgentClient, called: string): Promise<string> {
  const { result } = await call(agent, "PUT", "callout", { called });
  await agent.hear("AgentEvent_Talking");
  return result as string;
}

test("a dialled phone alerts, answers and is hung up", async (t) => {
  const { simulator, agent } = await idle(t);
  const { retcode, result } = await call(agent, "PUT", "callout", { called: "70005" });
  assert.equal(retcode, "0");
  assert.match(String(result), /^\d+-\d+$/);
  const heard = await agent.hear("AgentEvent_Talking");
  assert.deepEqual(typesOf(heard), [
    "AgentState_Busy",
    "AgentOther_PhoneAlerting",
    "AgentOther_PhoneOffhook",
    "AgentEvent_Customer_Alerting",
    "AgentEvent_Talking",
  ]);
  assert.deepEqual([lastContent(heard).callid, lastContent(heard).called], [result, "70005"]);
  assert.equal(simulator.control.agent("1202").state, 7);
  assert.equal((await call(agent, "PUT", "callout", { called: "70006" })).retcode, "100-009");
  assert.equal((await call(agent, "DELETE", "release")).retcode, "0");
  assert.deepEqual(await agent.hear("AgentState_Ready"), [
    ["AgentEvent_Call_Release", result],
    ["AgentEvent_Customer_Release", { callid: result, number: "70005" }],
    ["AgentOther_PhoneRelease", { phoneState: 3 }],
    ["AgentState_Ready", null],
  ]);
  assert.equal((await call(agent, "DELETE", "release")).retcode, "200-017");
});

test("a number that is none is refused, a phone that declines makes the call fail", async (t) => {
  const { simulator, agent } = await idle(t);
  for (const called of ["", "7000x", "1".repeat(25), undefined]) {
    const expected = called === undefined ? "000-002" : "200-001";
    assert.equal((await call(agent, "PUT", "callout", { called })).retcode, expected, String(called));
  }
  simulator.control.putPhone("70006", { does: "declines" });
  await call(agent, "PUT", "callout", { called: "70006" });
  assert.deepEqual(typesOf(await agent.hear("AgentState_Ready")).slice(-4), [
    "AgentEvent_Call_Out_Fail",
    "AgentEvent_Connect_Fail",
    "AgentOther_PhoneRelease",
    "AgentState_Ready",
  ]);
});

test("a call that comes in rings and is answered", async (t) => {
  const { simulator, agent } = await idle(t);
  assert.equal((await call(agent, "PUT", "answer")).retcode, "200-002");
  const callId = simulator.control.ring("1202", "70011");
  const ringing = lastContent(await agent.hear("AgentEvent_Ringing"));
  assert.deepEqual([ringing.callid, ringing.caller, ringing.called], [callId, "70011", "1202"]);
  assert.equal((await call(agent, "PUT", "answer?callid=1-1")).retcode, "200-002");
  assert.equal((await call(agent, "PUT", `answer?callid=${callId}`)).retcode, "0");
  await agent.hear("AgentEvent_Talking");
  simulator.control.hangUp("1202");
  await agent.hear("AgentState_Ready");
});

test("a call that nobody answers stops ringing", async (t) => {
  const { simulator, agent } = await idle(t);
  simulator.control.configure({ ringingMs: 20 });
  const callId = simulator.control.ring("1202", "70011");
  assert.deepEqual(await agent.hear("AgentState_Ready"), [
    ["AgentEvent_Ringing", { ...lastContent([]), ...ringingOf(callId) }],
    ["AgentEvent_No_Answer", callId],
    ["AgentOther_PhoneRelease", { phoneState: 3 }],
    ["AgentState_Ready", null],
  ]);
});

const ringingOf = (callid: string) => ({
  caller: "70011",
  called: "1202",
  callid,
  type: "main",
  feature: 0,
  mediaAbility: 1,
  transfer: "",
  transfrom: "",
});

test("calls are held, taken back, swapped and joined, each by its state", async (t) => {
  const { agent } = await idle(t);
  assert.equal((await call(agent, "POST", "hold")).retcode, "200-013");
  assert.equal((await call(agent, "POST", "gethold")).retcode, "200-015");
  const first = await talking(agent, "70005");
  assert.equal((await call(agent, "POST", "hold")).retcode, "0");
  assert.deepEqual(await agent.hear("AgentEvent_Hold"), [["AgentEvent_Hold", first]]);
  assert.equal((await call(agent, "POST", "hold")).retcode, "200-014");
  assert.equal((await call(agent, "POST", `connecthold/${first}`)).retcode, "200-013", "nobody talks");
  const second = await talking(agent, "70006");
  assert.equal((await call(agent, "POST", "gethold")).retcode, "200-016");
  assert.equal((await call(agent, "POST", `connecthold/${second}`)).retcode, "200-014", "it is not held");
  assert.equal((await call(agent, "POST", `connecthold/${first}`)).retcode, "0");
  assert.deepEqual(typesOf(await agent.hear("AgentEvent_Talking")), ["AgentEvent_Hold", "AgentEvent_Talking"]);
  assert.equal((await call(agent, "POST", "confjoin", { callid: first })).retcode, "200-011");
  assert.equal((await call(agent, "POST", "confjoin", { callid: second })).retcode, "0");
  await agent.hear("AgentEvent_Conference");
  assert.equal((await call(agent, "POST", "disconnect/70099")).retcode, "200-024");
  assert.equal((await call(agent, "POST", "disconnect/70006")).retcode, "0");
  assert.deepEqual(await agent.hear("AgentEvent_Customer_Release"), [
    ["AgentEvent_Customer_Release", { callid: second, number: "70006" }],
  ]);
  await call(agent, "DELETE", "release");
  await agent.hear("AgentState_Ready");
  assert.equal((await call(agent, "POST", "disconnect/70006")).retcode, "200-023");
  assert.equal((await call(agent, "POST", "confjoin", { callid: second })).retcode, "200-010");
});

test("data travel with a call, in plain text or encoded", async (t) => {
  const { agent } = await idle(t);
  const data = (method: string, operation: string, body?: unknown) =>
    agent.operate(method, "calldata", operation, body);
  assert.equal((await data("PUT", "setcalldataex", { calldata: "x" })).retcode, "400-001");
  assert.equal((await data("PUT", "setcalldata?calldata=x")).retcode, "400-001");
  const callid = await talking(agent, "70005");
  assert.equal((await data("PUT", "setcalldata")).retcode, "400-002");
  assert.equal((await data("PUT", `setcalldata?calldata=a%20b&callid=${callid}`)).retcode, "0");
  assert.equal((await data("GET", "appdata")).result, "a b");
  const body = { callid, calldata: Buffer.from("kümmel").toString("base64"), isDataEncoded: true };
  assert.equal((await data("PUT", "setcalldataex", body)).retcode, "0");
  assert.equal((await data("GET", `appdata?callId=${callid}`)).result, "kümmel");
  assert.equal((await data("GET", "appdata?isEncodeResult=true")).result, body.calldata);
  assert.equal((await data("PUT", "setcalldataex", { calldata: "x".repeat(16_385) })).retcode, "000-002");
});

test("an agent who is signed out has no call any more", async (t) => {
  const { simulator, agent } = await idle(t);
  await talking(agent, "70005");
  assert.equal((await agent.operate("DELETE", "onlineagent", "logout")).retcode, "100-010");
  await agent.signOut("forcelogout");
  const again = await ready(simulator, "1202");
  assert.equal((await call(again, "DELETE", "release")).retcode, "200-017");
});
