import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Scenario, Simulator } from "../../simulator/index.ts";
import { type AgentClient, parsed, signedIn, simulatorFor, until } from "./gateway-client.ts";

async function members(t: TestContext): Promise<{ simulator: Simulator; chair: AgentClient; other: AgentClient }> {
  const simulator = await simulatorFor(t, { conferences: [], pollHoldMs: 5 });
  const [chair, other] = [await signedIn(simulator, "1202"), await signedIn(simulator, "1203")];
  await Promise.all([chair.drain(), other.drain()]);
  return { simulator, chair, other };
}

test("the chair hears that its conference began, an invited agent that it rings", async (t) => {
  const { simulator, chair, other } = await members(t);
  simulator.control.startConference({ participants: [{ address: "1202" }, { address: "1203" }] });
  assert.deepEqual(await chair.drain(), [
    "AgentConf_SelfJoinResult",
    "AgentConf_RequestSuccess",
    "AgentConf_ParticipantChanged",
  ]);
  assert.deepEqual(await other.drain(), ["AgentConf_Ringing", "AgentConf_SelfJoinResult"]);
});

test("members hear of every change by the documented content, the id with all its digits", async (t) => {
  const { simulator, chair } = await members(t);
  const { control } = simulator;
  const { id } = control.startConference({ id: "9007199254740993", participants: [{ address: "1202" }] });
  control.join(id, { address: "70005", kind: "phone" });
  control.changeParticipant(id, "70005", { audio: 1 });
  control.changeParticipant(id, "70005", { audio: 3 });
  control.changeParticipant(id, "70005", { state: 1 });
  control.changeParticipant(id, "70005", { state: 0 });
  control.leave(id, "70005", "hung-up");
  const contents: unknown[] = [];
  for (let event = 0; event < 8; event += 1) {
    const { text } = await chair.poll();
    const content = text.match(/"content":(\{.*\})\}\}$/)?.[1] ?? "";
    if (text.includes("ParticipantChanged")) contents.push(content);
  }
  const content = (changeType: number, changeReason: number) =>
    `{"result":0,"changeType":${changeType},"changeReason":${changeReason},"confId":9007199254740993,` +
    `"participant":"70005","participantType":6,"deviceCallType":0,"deviceType":0}`;
  assert.deepEqual(contents, [
    content(0, 255),
    content(3, 255),
    content(4, 255),
    content(5, 255),
    content(6, 255),
    content(1, 2),
  ]);
});

test("the chair can pass on, and everybody hears when the conference is over", async (t) => {
  const { simulator, chair, other } = await members(t);
  const { id } = simulator.control.startConference({ participants: [{ address: "1202" }, { address: "1203" }] });
  await Promise.all([chair.drain(), other.drain()]);
  simulator.control.changeParticipant(id, "1203", { chair: true });
  assert.deepEqual(await other.drain(), ["AgentConf_ParticipantChanged", "AgentConf_PresidentChanged"]);
  assert.deepEqual(await chair.drain(), ["AgentConf_ParticipantChanged"]);
  simulator.control.endConference(id);
  const left = [
    "AgentMediaEvent_StopRecordDone",
    "AgentOther_PhoneRelease",
    "AgentConf_SelfLeaveResult",
    "AgentState_Ready",
  ];
  assert.deepEqual(await chair.drain(), ["AgentConf_ParticipantChanged", ...left]);
  assert.deepEqual(await other.drain(), left);
});

test("an agent who is signed out leaves its conference, and the others hear why", async (t) => {
  const { simulator, chair, other } = await members(t);
  simulator.control.startConference({ participants: [{ address: "1202" }, { address: "1203" }] });
  await chair.drain();
  await other.signOut("forcelogout");
  const { content } = parsed(await chair.poll()).event as { content: Record<string, unknown> };
  assert.deepEqual([content.changeType, content.changeReason, content.participant], [1, 4, "1203"]);
});

test("an inspector who is no member hears nothing", async (t) => {
  const { simulator } = await members(t);
  const inspector = await signedIn(simulator);
  await inspector.drain();
  const { id } = simulator.control.startConference({ participants: [{ address: "1202" }] });
  simulator.control.endConference(id);
  assert.deepEqual(await inspector.drain(), []);
});

test("a scenario plays its steps in order, names standing for ids", async (t) => {
  const scenario: Scenario = {
    repeat: false,
    steps: [
      { waitMs: 1000, start: "a", conference: { participants: [{ address: "1202" }] } },
      { waitMs: 1000, join: "a", participant: { address: "70001", kind: "phone" } },
      { waitMs: 0, leave: "nobody", address: "70001" },
      { waitMs: 1000, change: "a", address: "70001", to: { audio: 4 } },
      { waitMs: 0, announce: "a", playing: true },
      { waitMs: 20_000, leave: "a", address: "1202" },
      { waitMs: 0, end: "a" },
    ],
  };
  const simulator = await simulatorFor(t, { conferences: [], timeScale: 200, scenario });
  const { control } = simulator;
  await until(() => control.conferences()[0]?.state === 1);
  assert.deepEqual(
    control.conferences()[0]?.participants.map(({ address, audio, chair }) => [address, audio, chair]),
    [
      ["1202", 3, true],
      ["70001", 4, false],
    ],
  );
  await until(() => control.conferences().length === 0);
});

test("the ordinary day goes on and on", async (t) => {
  const simulator = await simulatorFor(t, { conferences: [], timeScale: 400, scenario: "ordinary-day" });
  const seen = new Set<string>();
  await until(() => {
    for (const { id } of simulator.control.conferences()) seen.add(id);
    return seen.size >= 4;
  });
});
