import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Simulator, SimulatorOptions } from "../../simulator/index.ts";
import { type AgentClient, type Heard, lastContent, QUICK, ready, simulatorFor, typesOf } from "./gateway-client.ts";

const FILE = "y:/conf/1/1136287.V3";
const TAKES_PHONE = ["AgentState_Busy", "AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook"];
const LEAVES = ["AgentOther_PhoneRelease", "AgentConf_SelfLeaveResult", "AgentState_Ready"];

interface Running {
  readonly simulator: Simulator;
  readonly chair: AgentClient;
  readonly id: string;
}

/** A conference that 1202 has applied for. */
async function applied(t: TestContext, options: SimulatorOptions = {}): Promise<Running> {
  const simulator = await simulatorFor(t, { ...QUICK, ...options });
  const chair = await ready(simulator, "1202");
  assert.deepEqual(await chair.confer("requestagentconf", { memberNum: 6 }), {
    message: "success",
    retcode: "0",
    result: {},
  });
  const heard = await chair.hear("AgentConf_RequestSuccess");
  return { simulator, chair, id: String(lastContent(heard).confId) };
}

/** And that 1203 has been called into and is in, with a phone. */
async function held(t: TestContext, options: SimulatorOptions = {}): Promise<Running & { member: AgentClient }> {
  const running = await applied(t, options);
  const { simulator, chair } = running;
  const member = await ready(simulator, "1203");
  await chair.confer("batchaddparticipant", { addresses: [{ addressType: "9", address: "1203" }] });
  await member.hear("AgentConf_Ringing");
  await member.confer("answeragentconf");
  await member.hear("AgentConf_SelfJoinResult");
  await chair.confer("batchaddparticipant", { addresses: [{ addressType: "6", address: "70005" }] });
  await chair.hear("AgentConf_ParticipantChanged");
  await chair.hear("AgentConf_ParticipantChanged");
  await member.hear("AgentConf_ParticipantChanged");
  return { ...running, member };
}

const changeOf = ([, content]: Heard | [] = []) => {
  const { result, changeType, changeReason, participant, participantType } = content as Record<string, unknown>;
  return [result, changeType, changeReason, participant, participantType];
};

const PHONE = { addressType: "6", address: "70005" };
const AGENT = { addressType: "9", address: "1203" };

test("an application is taken at once and told by its events, in their order", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const chair = await ready(simulator, "1202");
  const reply = await chair.confer("requestagentconf", { memberNum: 4, time: 50, promptTime: 5 });
  assert.deepEqual([reply.retcode, reply.result], ["0", {}]);
  const heard = await chair.hear("AgentConf_RequestSuccess");
  assert.deepEqual(typesOf(heard), [...TAKES_PHONE, "AgentConf_SelfJoinResult", "AgentConf_RequestSuccess"]);
  const [one] = simulator.control.conferences();
  assert.deepEqual(heard.at(-1)?.[1], { confId: Number(one?.id) });
  assert.deepEqual([one?.bookedMinutes, one?.seats, one?.participants[0]?.chair], [50, 4, true]);
  assert.equal(simulator.control.agent("1202").state, 7);
});

test("an application is refused by an event with a cause: of a busy agent, or as the account says", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const busy = await ready(simulator, "1202", 3);
  assert.equal((await busy.confer("requestagentconf", { memberNum: 4 })).retcode, "0");
  assert.deepEqual(await busy.hear("AgentConf_RequestFailed"), [["AgentConf_RequestFailed", { cause: 21234 }]]);

  simulator.control.putAgent("1203", { applications: "refused", applicationCause: 20001 });
  const idle = await ready(simulator, "1203");
  await idle.confer("requestagentconf", { memberNum: 4 });
  assert.deepEqual(await idle.hear("AgentConf_RequestFailed"), [["AgentConf_RequestFailed", { cause: 20001 }]]);
  simulator.control.configure({ refusedApplications: "after-join" });
  await idle.confer("requestagentconf", { memberNum: 4 });
  assert.deepEqual(typesOf(await idle.hear("AgentState_Ready")), [
    ...TAKES_PHONE,
    "AgentConf_SelfJoinResult",
    "AgentConf_RequestFailed",
    "AgentMediaEvent_StopRecordDone",
    ...LEAVES,
  ]);
  assert.deepEqual(simulator.control.conferences(), []);
  simulator.control.putAgent("1203", { applications: "unanswered" });
  await idle.confer("requestagentconf", { memberNum: 4 });
  assert.equal((await idle.confer("releaseagentconf")).retcode, "101-001");
  assert.deepEqual(await idle.drain(), []);
});

test("an application can come late, and every control call until then fails and is counted", async (t) => {
  const simulator = await simulatorFor(t, { ...QUICK, applicationMs: 80 });
  const chair = await ready(simulator, "1202");
  await chair.confer("requestagentconf", { memberNum: 4 });
  assert.equal((await chair.confer("prolongtime", { prolongTime: 5 })).retcode, "101-001");
  assert.equal((await chair.confer("requestagentconf", { memberNum: 4 })).retcode, "101-003");
  assert.equal(simulator.control.violations().counts.controlBeforeSuccess, 1);
  await chair.hear("AgentConf_RequestSuccess");
  assert.deepEqual((await chair.confer("prolongtime", { prolongTime: 5 })).result, { applyedTime: 5 });
  assert.equal((await chair.confer("requestagentconf", { memberNum: 4 })).retcode, "101-003");
});

test("an agent in a steady call takes the other party along into the conference", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const agent = await ready(simulator, "1202");
  await agent.operate("PUT", "voicecall", "callout", { called: "70009" });
  await agent.hear("AgentEvent_Talking");
  await agent.confer("requestagentconf", { memberNum: 4 });
  const heard = typesOf(await agent.hear("AgentConf_ParticipantChanged"));
  assert.deepEqual(heard, ["AgentConf_SelfJoinResult", "AgentConf_RequestSuccess", "AgentConf_ParticipantChanged"]);
  const [one] = simulator.control.conferences();
  assert.deepEqual(
    one?.participants.map(({ address }) => address),
    ["1202", "70009"],
  );
});

test("a hold, its end, a mute and its end are told to all members, silence in both directions to nobody", async (t) => {
  const { simulator, chair, member, id } = await held(t);
  const seen: unknown[] = [];
  for (const [operation, body] of [
    ["holdparticipant", { ...PHONE, voicePath: FILE }],
    ["unholdparticipant", PHONE],
    ["changeparticipantmode", { ...PHONE, attribute: 1 }],
    ["changeparticipantmode", { ...PHONE, attribute: 3 }],
  ] as const) {
    assert.deepEqual(await chair.confer(operation, body), { message: "success", retcode: "0", result: {} });
    const [event] = await chair.hear("AgentConf_ParticipantChanged");
    assert.deepEqual((await member.hear("AgentConf_ParticipantChanged"))[0], event);
    seen.push(changeOf(event));
  }
  assert.deepEqual(
    seen,
    [5, 6, 3, 4].map((changeType) => [0, changeType, 255, "70005", 6]),
  );
  await chair.confer("changeparticipantmode", { ...AGENT, attribute: 4 });
  assert.deepEqual([await chair.drain(), await member.drain()], [[], []]);
  const audio = simulator.control.conference(id).participants.find(({ address }) => address === "1203")?.audio;
  assert.equal(audio, 4);
});

test("the chair can hold itself, and hears of it", async (t) => {
  const { chair } = await applied(t);
  await chair.confer("holdparticipant", { addressType: "9", address: "1202", voicePath: FILE });
  assert.deepEqual(changeOf((await chair.hear("AgentConf_ParticipantChanged"))[0]), [0, 5, 255, "1202", 9]);
});

test("the chair is handed over: all members hear of it, the new one by an event of its own", async (t) => {
  const { chair, member } = await held(t);
  await chair.confer("applytoshiftpresident", { destAgentNo: 1203 });
  assert.deepEqual(changeOf((await chair.hear("AgentConf_ParticipantChanged"))[0]), [0, 2, 255, "1203", 9]);
  assert.deepEqual(typesOf(await member.hear("AgentConf_PresidentChanged")), [
    "AgentConf_ParticipantChanged",
    "AgentConf_PresidentChanged",
  ]);
  assert.equal((await chair.confer("releaseagentconf")).retcode, "101-002");
  assert.equal((await chair.confer("requestleaveagentconf")).retcode, "0");
  assert.deepEqual(typesOf(await chair.hear("AgentState_Ready")), ["AgentMediaEvent_StopRecordDone", ...LEAVES]);
  assert.deepEqual(changeOf((await member.hear("AgentConf_ParticipantChanged"))[0]), [0, 1, 0, "1202", 9]);
});

test("who is removed hears it, the others hear why, and who was no member is listed", async (t) => {
  const { chair, member } = await held(t);
  const stranger = { addressType: "6", address: "70099" };
  const reply = await chair.confer("batchremoveparticipant", { addresses: [AGENT, stranger] });
  assert.deepEqual([reply.retcode, reply.result], ["0", { noExistParticipants: [stranger] }]);
  assert.deepEqual(typesOf(await member.hear("AgentState_Ready")), [
    "AgentConf_SelfLeaveResult",
    "AgentOther_PhoneRelease",
    "AgentState_Ready",
  ]);
  assert.deepEqual(changeOf((await chair.hear("AgentConf_ParticipantChanged"))[0]), [0, 1, 1, "1203", 9]);
  assert.deepEqual((await chair.confer("batchremoveparticipant", { addresses: [PHONE] })).result, {
    noExistParticipants: [],
  });
});

test("where all were members the result may be empty altogether", async (t) => {
  const { chair } = await held(t, { allRemoved: "empty-object" });
  assert.deepEqual((await chair.confer("batchremoveparticipant", { addresses: [PHONE] })).result, {});
});

test("the end is told to everybody, and that the chair has gone because it is over", async (t) => {
  const { simulator, chair, member, id } = await held(t);
  assert.equal((await chair.confer("releaseagentconf")).retcode, "0");
  const over = ["AgentMediaEvent_StopRecordDone", ...LEAVES];
  assert.deepEqual(typesOf(await chair.hear("AgentState_Ready")), over);
  const heard = await member.hear("AgentState_Ready");
  assert.deepEqual(typesOf(heard), ["AgentConf_ParticipantChanged", ...over]);
  assert.deepEqual(changeOf(heard[0]), [0, 1, 3, "1202", 9]);
  assert.throws(() => simulator.control.conference(id), RangeError);
  assert.deepEqual([simulator.control.agent("1202").state, simulator.control.agent("1203").state], [4, 4]);
});

test("a member who hangs up leaves, and a chair who hangs up ends it", async (t) => {
  const { simulator, chair, member, id } = await held(t);
  simulator.control.hangUp("1203");
  assert.deepEqual(typesOf(await member.hear("AgentState_Ready")), LEAVES);
  assert.deepEqual(changeOf((await chair.hear("AgentConf_ParticipantChanged"))[0]), [0, 1, 2, "1203", 9]);
  simulator.control.hangUp("1202");
  await chair.hear("AgentConf_SelfLeaveResult");
  assert.throws(() => simulator.control.conference(id), RangeError);
});

test("an announcement to all plays until it ends, and a second one is refused meanwhile", async (t) => {
  const { simulator, chair, member, id } = await held(t, { announcementMs: 60 });
  const play = { playType: 1, playMode: 2, voicePath: FILE };
  assert.deepEqual(await chair.confer("playvoicetoconf", play), { message: "success", retcode: "0" });
  assert.equal(simulator.control.conference(id).state, 1);
  const second = await chair.confer("playvoicetoconf", play);
  assert.deepEqual([second.retcode, second.result], ["000-002", { errorReason: 2 }]);
  assert.deepEqual(await chair.hear("AgentConf_StopVoice"), [["AgentConf_StopVoice", { result: 0 }]]);
  assert.equal(simulator.control.conference(id).state, 0);
  assert.deepEqual(await member.drain(), [], "the chair alone hears of it");
  await chair.confer("playvoicetoconf", { voicePath: "y:/conf/1/missing.V3" });
  assert.deepEqual(await chair.hear("AgentConf_StopVoice"), [["AgentConf_StopVoice", { result: 1 }]]);
});

test("an announcement to one of them plays to that one, and can be stopped", async (t) => {
  const { simulator, chair, id } = await held(t, { announcementMs: 60 });
  const stateOf = () => simulator.control.conference(id).participants.find(({ address }) => address === "70005")?.state;
  await chair.confer("playvoicetoparticipant", { ...PHONE, voicePath: FILE });
  assert.equal(stateOf(), 2);
  assert.deepEqual(await chair.hear("AgentConf_StopParticipantVoice"), [
    ["AgentConf_StopParticipantVoice", { result: 0 }],
  ]);
  await chair.confer("playvoicetoparticipant", { ...PHONE, voicePath: FILE });
  assert.equal((await chair.confer("stopvoicetoparticipant", PHONE)).retcode, "0");
  assert.equal(stateOf(), 0);
  assert.deepEqual((await chair.confer("stopvoicetoparticipant", PHONE)).result, { errorReason: 2 });
  assert.deepEqual(await chair.drain(), [], "a stop is told by no event");
  simulator.control.configure({ stoppedVoiceTold: true });
  await chair.confer("playvoicetoconf", { voicePath: FILE });
  await chair.confer("stopvoicetoconf");
  assert.deepEqual(await chair.drain(), ["AgentConf_StopVoice"]);
});

test("seats are added and taken away within the page's bounds", async (t) => {
  const { simulator, chair, id } = await held(t);
  const size = async (modifyType: number, modifyNum: number) =>
    (await chair.confer("modifyconfresource", { modifyType, modifyNum })).retcode;
  assert.equal(await size(0, 4), "0");
  assert.equal(simulator.control.conference(id).seats, 10);
  assert.equal(await size(0, 118), "000-002", "beyond 120");
  assert.equal(await size(1, 8), "000-002", "three are in");
  assert.equal(await size(1, 7), "0");
  assert.equal(simulator.control.conference(id).seats, 3);
});
