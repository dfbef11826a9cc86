import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Simulator, SimulatorOptions } from "../../simulator/index.ts";
import {
  type AgentClient,
  type Heard,
  lastContent,
  QUICK,
  ready,
  simulatorFor,
  typesOf,
  until,
} from "./gateway-client.ts";

async function chairing(
  t: TestContext,
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; chair: AgentClient; id: string }> {
  const simulator = await simulatorFor(t, { ...QUICK, ...options });
  const chair = await ready(simulator, "1202");
  await chair.confer("requestagentconf", { memberNum: 4 });
  await chair.hear("AgentConf_RequestSuccess");
  return { simulator, chair, id: simulator.control.conferences()[0]?.id ?? "" };
}

const agents = (...ids: string[]) => ({ addresses: ids.map((address) => ({ addressType: "9", address })) });
const phone = (address: string) => ({ addresses: [{ addressType: "6", address }] });

const resultAndWho = (heard: readonly Heard[]) => {
  const { result, changeType, participant } = lastContent(heard);
  return [result, changeType, participant];
};

test("an idle agent rings, answers, and is in", async (t) => {
  const { simulator, chair, id } = await chairing(t);
  const other = await ready(simulator, "1203");
  assert.deepEqual((await chair.confer("batchaddparticipant", agents("1203"))).result, {});
  assert.deepEqual(await other.hear("AgentConf_Ringing"), [["AgentConf_Ringing", { confId: Number(id) }]]);
  assert.equal((await other.confer("answeragentconf")).retcode, "0");
  assert.equal((await other.confer("answeragentconf")).retcode, "101-001", "once");
  assert.deepEqual(typesOf(await other.hear("AgentConf_SelfJoinResult")), [
    "AgentState_Busy",
    "AgentOther_PhoneAlerting",
    "AgentOther_PhoneOffhook",
    "AgentConf_SelfJoinResult",
  ]);
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [0, 0, "1203"]);
});

test("an agent who declines is idle again, and the members hear that it came to nothing", async (t) => {
  const { simulator, chair } = await chairing(t);
  const other = await ready(simulator, "1203");
  await chair.confer("batchaddparticipant", agents("1203"));
  await other.hear("AgentConf_Ringing");
  assert.equal((await other.confer("rejectagentconf")).retcode, "0");
  assert.deepEqual(await other.drain(), ["AgentOther_PhoneRelease", "AgentState_Ready"]);
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "1203"]);
  assert.equal((await other.confer("rejectagentconf")).retcode, "101-001");
  simulator.control.configure({ failedInvitations: "silent" });
  await chair.confer("batchaddparticipant", agents("1203"));
  await other.hear("AgentConf_Ringing");
  await other.confer("rejectagentconf");
  assert.deepEqual(await chair.drain(), []);
});

test("an invitation that nobody takes stops ringing", async (t) => {
  const { simulator, chair } = await chairing(t, { ringingMs: 40 });
  const other = await ready(simulator, "1203");
  await chair.confer("batchaddparticipant", agents("1203"));
  assert.deepEqual(typesOf(await other.hear("AgentState_Ready")), [
    "AgentConf_Ringing",
    "AgentOther_PhoneRelease",
    "AgentState_Ready",
  ]);
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "1203"]);
});

test("only an idle agent of the VDN rings; for the others the members hear that it came to nothing", async (t) => {
  const { simulator, chair } = await chairing(t);
  const busy = await ready(simulator, "1203", 3);
  await ready(simulator, "1301");
  for (const agentId of ["1203", "1301", "1204", "1999", "1202"]) {
    await chair.confer("batchaddparticipant", agents(agentId));
    // A failed invitation is no news for the one who was invited: here the chair itself.
    if (agentId === "1202") await until(() => simulator.control.agent("1202").queuedEvents === 0);
    else assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, agentId]);
  }
  assert.deepEqual(await busy.drain(), []);
});

test("phones answer by themselves after a while, or decline, or ring on", async (t) => {
  const { simulator, chair, id } = await chairing(t, { phoneAnswerMs: 30 });
  const { control } = simulator;
  control.putPhone("70006", { does: "declines", afterMs: 1 });
  control.putPhone("70007", { does: "rings" });
  const rings = () => control.conference(id).invited.map(({ address }) => address);
  await chair.confer("batchaddparticipant", phone("70005"));
  assert.deepEqual(rings(), ["70005"]);
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [0, 0, "70005"]);
  await chair.confer("batchaddparticipant", phone("70006"));
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "70006"]);
  await chair.confer("batchaddparticipant", phone("70007"));
  await chair.drain();
  assert.deepEqual(rings(), ["70007"]);
  assert.deepEqual(control.phones(), [
    { number: "70006", does: "declines", afterMs: 1 },
    { number: "70007", does: "rings", afterMs: null },
  ]);
});

test("agents without a client can answer or decline by themselves", async (t) => {
  const { simulator, chair } = await chairing(t);
  simulator.control.putAgent("1203", { ringing: "answers" });
  simulator.control.putAgent("1204", { ringing: "declines" });
  for (const agentId of ["1203", "1204"]) simulator.control.signIn(agentId, 4);
  await chair.confer("batchaddparticipant", agents("1203"));
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [0, 0, "1203"]);
  await chair.confer("batchaddparticipant", agents("1204"));
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "1204"]);
});

test("nobody comes in where no seat is left, those who ring counted", async (t) => {
  const { simulator, chair, id } = await chairing(t);
  simulator.control.changeConference(id, { seats: 2 });
  simulator.control.putPhone("70005", { does: "rings" });
  await chair.confer("batchaddparticipant", phone("70005"));
  await chair.confer("batchaddparticipant", phone("70006"));
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "70006"]);
});

test("a conference that ends stops ringing, and so does an agent who is signed out", async (t) => {
  const { simulator, chair, id } = await chairing(t);
  const [other, third] = [await ready(simulator, "1203"), await ready(simulator, "1204")];
  simulator.control.invite(id, { address: "1203" });
  simulator.control.invite(id, { address: "1204" });
  await third.hear("AgentConf_Ringing");
  await third.signOut("forcelogout");
  assert.deepEqual(resultAndWho(await chair.hear("AgentConf_ParticipantChanged")), [1, 0, "1204"]);
  await chair.confer("releaseagentconf");
  assert.deepEqual(typesOf(await other.hear("AgentState_Ready")), [
    "AgentConf_Ringing",
    "AgentOther_PhoneRelease",
    "AgentState_Ready",
  ]);
  assert.equal((await other.confer("answeragentconf")).retcode, "101-001");
});

test("what was said of a device comes back in events and queries", async (t) => {
  const { chair, id } = await chairing(t);
  const device = { deviceCallType: 1, deviceType: 5 };
  await chair.confer("batchaddparticipant", { addresses: [{ addressType: "6", address: "70005", ...device }] });
  const { deviceCallType, deviceType } = lastContent(await chair.hear("AgentConf_ParticipantChanged"));
  assert.deepEqual({ deviceCallType, deviceType }, device);
  const { confs } = JSON.parse((await chair.infos(`[${id}]`)).text).result;
  assert.deepEqual([confs[0].addresses[1].deviceCallType, confs[0].addresses[1].deviceType], [1, 5]);
});
