import assert from "node:assert/strict";
import { test } from "node:test";
import { parsed, QUICK, ready, simulatorFor } from "./gateway-client.ts";

const FILE = "y:/conf/1/1136287.V3";
const PHONE = { addressType: "6", address: "70005" };

/** A body that each interface takes, and what makes it wrong. */
const bodies: readonly (readonly [operation: string, good: object | undefined, wrong: readonly object[]])[] = [
  [
    "requestagentconf",
    { memberNum: 4 },
    [
      {},
      { memberNum: 0 },
      { memberNum: 121 },
      { memberNum: 2.5 },
      { memberNum: 4, time: 3 },
      { memberNum: 4, time: 1441 },
      { memberNum: 4, promptTime: 2 },
      { memberNum: 4, confCallerNo: "1".repeat(25) },
      { memberNum: 4, beepTone: "yes" },
      { memberNum: 4, beepTone: true },
      { memberNum: 4, beepTone: true, voicePath: "" },
      { memberNum: 4, playMode: 1 },
    ],
  ],
  ["answeragentconf", undefined, []],
  ["rejectagentconf", undefined, []],
  ["requestleaveagentconf", undefined, []],
  ["releaseagentconf", undefined, []],
  [
    "holdparticipant",
    { ...PHONE, voicePath: FILE },
    [
      PHONE,
      { ...PHONE, voicePath: "x".repeat(128) },
      { ...PHONE, voicePath: FILE, playMode: 4 },
      { addressType: "7", address: "70005", voicePath: FILE },
      { addressType: "6", address: "", voicePath: FILE },
      { addressType: "6", address: "1".repeat(25), voicePath: FILE },
      { addressType: "6", address: "ü".repeat(13), voicePath: FILE },
    ],
  ],
  ["unholdparticipant", PHONE, [{}, { addressType: "6" }]],
  ["prolongtime", { prolongTime: 1 }, [{}, { prolongTime: 0 }, { prolongTime: 1441 }]],
  ["applytoshiftpresident", { destAgentNo: 1203 }, [{}, { destAgentNo: "x" }]],
  [
    "batchaddparticipant",
    { addresses: [PHONE] },
    [
      {},
      { addresses: [] },
      { addresses: Array(121).fill(PHONE) },
      { addresses: ["70005"] },
      { addresses: [{ ...PHONE, deviceType: 256 }] },
      { addresses: [PHONE], beepTone: true },
      { addresses: [PHONE], caller: "1".repeat(25) },
    ],
  ],
  ["batchremoveparticipant", { addresses: [PHONE] }, [{}, { addresses: [] }, { addresses: Array(31).fill(PHONE) }]],
  [
    "changeparticipantmode",
    { ...PHONE, attribute: 1 },
    [PHONE, { ...PHONE, attribute: 0 }, { ...PHONE, attribute: 5 }],
  ],
  ["playvoicetoconf", { voicePath: FILE }, [{}, { voicePath: FILE, playType: 2 }]],
  ["stopvoicetoconf", undefined, []],
  ["playvoicetoparticipant", { ...PHONE, voicePath: FILE }, [PHONE, { voicePath: FILE }]],
  ["stopvoicetoparticipant", PHONE, [{}]],
  [
    "modifyconfresource",
    { modifyType: 0, modifyNum: 2 },
    [{}, { modifyType: 2, modifyNum: 2 }, { modifyType: 0, modifyNum: 1 }, { modifyType: 0, modifyNum: 119 }],
  ],
];

const OPEN_TO_ALL = ["requestagentconf"];
const NEEDS_AN_INVITATION = ["answeragentconf", "rejectagentconf"];

for (const [operation, good, wrong] of bodies) {
  test(`${operation} is refused to who is in no conference, and with a wrong body to anybody`, async (t) => {
    const simulator = await simulatorFor(t, QUICK);
    const agent = await ready(simulator, "1202");
    for (const body of wrong)
      assert.equal((await agent.confer(operation, body)).retcode, "000-002", JSON.stringify(body));
    if (!OPEN_TO_ALL.includes(operation)) assert.equal((await agent.confer(operation, good)).retcode, "101-001");
    agent.guid = "made-up";
    assert.equal((await agent.confer(operation, good)).retcode, "000-003");
    simulator.control.kick("1202");
    assert.equal((await agent.confer(operation, good)).retcode, "100-006");
    const got = await agent.call("GET", "agentconf", operation);
    assert.deepEqual([got.status, got.headers.allow], [405, "POST"]);
  });
}

test("a member who is not the chair is told so, and an outsider that it is in none, inspector or not", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const { id } = simulator.control.startConference({ participants: [{ address: "1202" }, { address: "1203" }] });
  const [member, inspector] = [await ready(simulator, "1203"), await ready(simulator, "1201")];
  for (const [operation, good] of bodies) {
    const expected = OPEN_TO_ALL.includes(operation)
      ? "101-003"
      : NEEDS_AN_INVITATION.includes(operation)
        ? "101-001"
        : "101-002";
    if (operation === "requestleaveagentconf") continue;
    assert.equal((await member.confer(operation, good)).retcode, expected, operation);
    if (!OPEN_TO_ALL.includes(operation)) assert.equal((await inspector.confer(operation, good)).retcode, "101-001");
  }
  assert.equal((await member.confer("requestleaveagentconf")).retcode, "0");
  assert.equal(simulator.control.conference(id).participants.length, 1);
});

test("what the chair cannot do has codes of its own", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  simulator.control.startConference({ participants: [{ address: "1202" }, { address: "70005", kind: "phone" }] });
  const chair = await ready(simulator, "1202");
  assert.equal((await chair.confer("requestleaveagentconf")).retcode, "101-007");
  assert.equal((await chair.confer("applytoshiftpresident", { destAgentNo: 1202 })).retcode, "101-005");
  const itself = { addresses: [{ addressType: "9", address: "1202" }, PHONE] };
  assert.equal((await chair.confer("batchremoveparticipant", itself)).retcode, "101-006");
  assert.equal(simulator.control.conferences()[0]?.participants.length, 2, "nobody was removed");
});

test("what has no code comes as a wrong parameter, or as the platform says it", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  simulator.control.startConference({ participants: [{ address: "1202" }, { address: "70005", kind: "phone" }] });
  const chair = await ready(simulator, "1202");
  const refused = [
    ["unholdparticipant", PHONE, 2],
    ["unholdparticipant", { addressType: "6", address: "1" }, 1],
    ["unholdparticipant", { addressType: "9", address: "70005" }, 1],
    ["applytoshiftpresident", { destAgentNo: 70005 }, 1],
    ["modifyconfresource", { modifyType: 0, modifyNum: 2 }, 3],
  ] as const;
  for (const [operation, body] of refused) assert.equal((await chair.confer(operation, body)).retcode, "000-002");
  simulator.control.configure({ unnamedRefusal: "cti" });
  for (const [operation, body, cause] of refused) {
    const { retcode, message } = await chair.confer(operation, body);
    assert.deepEqual([retcode, message], ["100-007", `Unknown ERROR._${cause}`], operation);
  }
});

test("numbers and texts are taken for each other, and that is counted, as fields are that no page has", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  simulator.control.startConference({ participants: [{ address: "1202" }, { address: "1203" }] });
  const chair = await ready(simulator, "1202");
  await ready(simulator, "1203");
  const good = { addressType: "9", address: "1203", voicePath: FILE, playMode: 2 };
  assert.equal((await chair.confer("holdparticipant", good)).retcode, "0");
  assert.equal(simulator.control.violations().counts.oddField, 0);
  assert.equal((await chair.confer("applytoshiftpresident", { destAgentNo: "1204" })).retcode, "000-002");
  assert.equal((await chair.confer("stopvoicetoparticipant", { addressType: 9, address: 1203 })).retcode, "000-002");
  assert.equal((await chair.confer("prolongtime", { prolongTime: 5, confId: 1 })).retcode, "0");
  assert.deepEqual(
    simulator.control.violations().recent.map(({ detail }) => detail),
    [
      "applytoshiftpresident, destAgentNo: a number as a text",
      "stopvoicetoparticipant, addressType: a text as a number",
      "stopvoicetoparticipant, address: a text as a number",
      "prolongtime, confId: no such field",
    ],
  );
});

test("a body that is no JSON gets the container's page", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  const agent = await ready(simulator, "1202");
  assert.equal((await agent.call("POST", "agentconf", "requestagentconf", { body: "{" })).status, 400);
  assert.equal(simulator.control.violations().counts.invalidBody, 1);
});

test("a control call sent again after a reset is counted, one that was answered may be", async (t) => {
  const simulator = await simulatorFor(t, QUICK);
  simulator.control.startConference({ participants: [{ address: "1202" }] });
  const chair = await ready(simulator, "1202");
  const prolong = (prolongTime: number) => chair.call("POST", "agentconf", "prolongtime", { body: { prolongTime } });
  await prolong(5);
  await prolong(5);
  simulator.control.addFault({ kind: "reset", on: "prolongtime", times: 1, worked: true });
  await assert.rejects(prolong(6));
  assert.equal(simulator.control.violations().counts.repeatedCall, 0);
  assert.equal(parsed(await prolong(7)).retcode, "0");
  assert.equal(simulator.control.violations().counts.repeatedCall, 0, "it is another one");
  assert.equal(parsed(await prolong(6)).retcode, "0");
  assert.equal(simulator.control.violations().counts.repeatedCall, 1);
  assert.equal(simulator.control.conferences()[0]?.bookedMinutes, 60 + 5 + 5 + 6 + 7 + 6);
});
