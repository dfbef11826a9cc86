import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AgentClient, QUICK, ready, simulatorFor, typesOf } from "./gateway-client.ts";

async function pair(t: TestContext) {
  const simulator = await simulatorFor(t, QUICK);
  const [inspector, agent] = [await ready(simulator, "1201"), await ready(simulator, "1202")];
  const does = async (method: string, operation: string, who = inspector) =>
    (await who.operate(method, "qualitycontrol", operation)).retcode;
  const calls = async () => {
    await agent.operate("PUT", "voicecall", "callout", { called: "70005" });
    await agent.hear("AgentEvent_Talking");
  };
  return { simulator, inspector, agent, does, calls };
}

const started = (qcType: number) => ["AgentOther_BeQcStart", { qcType: String(qcType), qcAgentId: "1201" }];

test("an inspector listens to an agent, barges in, whispers, and stops; both hear of it", async (t) => {
  const { inspector, agent, does, calls } = await pair(t);
  await calls();
  assert.equal(await does("PUT", "addsupervise/1202"), "0");
  assert.deepEqual(await inspector.drain(), ["AgentState_Busy", "AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook"]);
  assert.deepEqual(await agent.hear("AgentOther_BeQcStart"), [started(8)]);
  assert.equal(await does("PUT", "addinsert/1202"), "900-005", "one at a time");
  assert.equal(await does("POST", "switch/1202"), "0");
  assert.deepEqual(await agent.hear("AgentOther_BeQcStart"), [started(9)]);
  assert.equal(await does("POST", "requestswitchinsertwhisperagent?whisperagentid=1202&switchtype=2"), "0");
  assert.deepEqual(await agent.hear("AgentOther_BeQcStart"), [started(20172)]);
  assert.equal(await does("POST", "requestswitchinsertwhisperagent?switchtype=3"), "000-002");
  assert.equal(await does("DELETE", "1203"), "900-003", "another agent");
  assert.equal(await does("DELETE", "1202"), "0");
  assert.equal(typesOf(await agent.hear("AgentOther_BeQcStop")).length, 1);
  assert.deepEqual(await inspector.drain(), ["AgentOther_PhoneRelease", "AgentState_Ready"]);
  assert.equal(await does("DELETE", "1202"), "900-003");
});

test("an inspector whispers, and stops", async (t) => {
  const { agent, does, calls } = await pair(t);
  assert.equal(await does("POST", "requestwhisperagent?whisperagentid=1202"), "900-005", "the agent is in no call");
  await calls();
  assert.equal(await does("POST", "requestwhisperagent?whisperagentid=1202"), "0");
  await agent.hear("AgentOther_BeQcStart");
  assert.equal(await does("POST", "requeststopwhisperagent?whisperagentid=1202"), "0");
  await agent.hear("AgentOther_BeQcStop");
});

test("an inspector takes the call over", async (t) => {
  const { inspector, agent, does, calls } = await pair(t);
  await calls();
  assert.equal(await does("PUT", "intercept/1202"), "900-003");
  await does("PUT", "addinsert/1202");
  assert.equal(await does("PUT", "intercept/1202"), "0");
  assert.deepEqual(typesOf(await inspector.hear("AgentMediaEvent_Record")).slice(-2), [
    "AgentEvent_Talking",
    "AgentMediaEvent_Record",
  ]);
  assert.equal(typesOf(await agent.hear("AgentState_Ready")).includes("AgentOther_BeQcStop"), true);
  assert.equal((await inspector.operate("DELETE", "voicecall", "release")).retcode, "0");
});

test("who may not inspect, and who cannot be inspected, is told by the codes of the family", async (t) => {
  const { simulator, agent, does } = await pair(t);
  assert.equal(await does("PUT", "addsupervise/1201", agent), "900-002");
  assert.equal(await does("PUT", "addsupervise/1201"), "000-005");
  assert.equal(await does("PUT", "addsupervise/1301"), "900-004", "of another VDN");
  assert.equal(await does("PUT", "addsupervise/1999"), "900-004");
  assert.equal(await does("PUT", "addsupervise/1203"), "900-003", "not signed in");
  simulator.control.startConference({ participants: [{ address: "1202" }] });
  assert.equal(await does("PUT", "addsupervise/1202"), "900-005", "in a conference");
});

test("an agent is made busy and signed out by an inspector", async (t) => {
  const { simulator, agent, does } = await pair(t);
  assert.equal(await does("POST", "forcebusy/1202"), "0");
  await agent.hear("AgentState_Force_SetNotReady");
  assert.equal(simulator.control.agent("1202").state, 3);
  assert.equal(await does("POST", "forcelogout/1202"), "0");
  assert.deepEqual(typesOf(await agent.hear("AgentOther_ShutdownService")), ["AgentOther_ShutdownService"]);
  assert.equal(simulator.control.agent("1202").signedIn, false);
});

test("an inspector who listens for sign-ins hears those of the VDN", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const inspector = new AgentClient(simulator, "1204");
  await inspector.signIn({ listenStatus: "true" });
  await inspector.drain();
  const agent = await ready(simulator, "1202");
  await ready(simulator, "1301");
  await agent.signOut();
  assert.deepEqual(await inspector.hear("QC_AgentState_Notify"), [
    ["QC_AgentState_Notify", { subtype: "QC_AgentState_Login", monitoredagent: "1202" }],
  ]);
  assert.deepEqual(await inspector.hear("QC_AgentState_Notify"), [
    ["QC_AgentState_Notify", { subtype: "QC_AgentState_Logout", monitoredagent: "1202" }],
  ]);
  assert.deepEqual(await inspector.drain(), []);
});
