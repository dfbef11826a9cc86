import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { FaultSpec, InterfaceName } from "../../../simulator/index.ts";
import { until } from "../../support/until.ts";
import {
  type Agent,
  agentAt,
  anotherDevice,
  expect,
  goIdle,
  type Pair,
  short,
  startConferences,
  tell,
} from "./stage.ts";

let pair: Pair;
let chair: Agent;

before(async () => {
  pair = await startConferences({ environment: { GATEWAY_TIMEOUT_MS: "700" } });
  chair = await agentAt(pair, "1201");
});
beforeEach(async () => {
  const { control } = pair.simulator;
  control.clearFaults();
  const own = control.conferences().find(({ participants }) => participants.some(({ address }) => address === "1201"));
  if (own !== undefined) control.endConference(own.id);
  // What is asked for, and never arrived.
  else control.sendEvent("1201", "AgentConf_RequestFailed", { cause: 0 });
  await until(async () => (await chair.look()).status === 404);
  await goIdle(pair.simulator, "1201");
  control.clearCounters();
});
after(() => pair.close());

const sent = (name: InterfaceName): number => pair.simulator.control.state().calls[name] ?? 0;
const file = "y:/conf/120/1136287.V3";
const someone = "/conference/participants/agent/1202";

/** Every row that tells the gateway something, with the interface that it ends at. */
const rows: readonly (readonly [InterfaceName, "post" | "patch" | "delete", string, object?])[] = [
  ["requestagentconf", "post", "/conference", { seats: 8 }],
  ["answeragentconf", "post", "/conference/answer"],
  ["rejectagentconf", "post", "/conference/reject"],
  ["requestleaveagentconf", "post", "/conference/leave"],
  ["releaseagentconf", "delete", "/conference"],
  ["prolongtime", "patch", "/conference", { addMinutes: 30 }],
  ["modifyconfresource", "patch", "/conference", { addSeats: 4 }],
  ["applytoshiftpresident", "patch", "/conference", { chair: "1202" }],
  ["batchaddparticipant", "post", "/conference/participants", { participants: [{ kind: "phone", address: "70005" }] }],
  ["batchremoveparticipant", "delete", someone],
  ["holdparticipant", "patch", someone, { held: true }],
  ["unholdparticipant", "patch", someone, { held: false }],
  ["changeparticipantmode", "patch", someone, { audio: "listen" }],
  ["playvoicetoconf", "post", "/conference/announcement", { file }],
  ["stopvoicetoconf", "delete", "/conference/announcement"],
  ["playvoicetoparticipant", "post", `${someone}/announcement`, { file }],
  ["stopvoicetoparticipant", "delete", `${someone}/announcement`],
];

/** The first row meets them all: the breaker would open if each did. */
const failures: readonly (readonly [Omit<FaultSpec, "on">, string])[] = [
  [{ kind: "reset" }, "502 gateway-unreachable unknown"],
  [{ kind: "retcode", retcode: "100-007" }, "502 gateway-error unknown"],
  [{ kind: "retcode", retcode: "100-009" }, "409 agent-busy not-done"],
  [{ kind: "html" }, "502 gateway-bad-response unknown"],
  [{ kind: "status", status: 500 }, "502 gateway-bad-response unknown"],
  [{ kind: "status", status: 503 }, "503 gateway-unavailable unknown"],
  [{ kind: "retcode", retcode: "999-999" }, "502 gateway-error unknown"],
  [{ kind: "retcode", retcode: "000-002" }, "400 invalid-request not-done"],
  [{ kind: "retcode", retcode: "000-004" }, "503 gateway-switching-over not-done"],
];

for (const [name, method, path, body] of rows) {
  test(`${method.toUpperCase()} ${path} ${JSON.stringify(body ?? {})} is sent once, whatever it meets, and says what may have become of it`, async () => {
    for (const [fault, said] of name === "requestagentconf" ? failures : failures.slice(0, 3)) {
      pair.simulator.control.addFault({ ...fault, on: name, times: 1 });
      const before = sent(name);
      const answer = await chair.call(method, path, body);
      expect(answer, said);
      assert.match(answer.body.detail, said.endsWith("unknown") ? /not known/ : /Nothing was done/);
      assert.equal(sent(name), before + 1, tell(answer));
    }
  });
}

test("a call that gets no answer at all ends at the deadline, may have been carried out, and was: the events tell", async () => {
  pair.simulator.control.addFault({ kind: "hang", on: "requestagentconf", worked: true, times: 1 });
  expect(await chair.apply(), "504 gateway-timeout unknown");
  assert.equal(sent("requestagentconf"), 1);
  const looked = await chair.look();
  assert.deepEqual(looked.body.own, { role: "chair", state: "joined" }, tell(looked));
});

test("an application of which nobody knows whether it arrived counts as requested, one that was refused does not", async () => {
  pair.simulator.control.addFault({ kind: "reset", on: "requestagentconf", times: 1 });
  expect(await chair.apply(), "502 gateway-unreachable unknown");
  assert.deepEqual((await chair.look()).body, { id: null, own: { state: "requested" } });
  // Refused from the start, it takes nothing back that was there before.
  pair.simulator.control.addFault({ kind: "retcode", retcode: "100-009", on: "requestagentconf", times: 1 });
  expect(await chair.apply(), "409 agent-busy not-done");
  assert.deepEqual((await chair.look()).body, { id: null, own: { state: "requested" } });
  expect(await chair.apply(), "201");
});

test("a gateway that answers after the event has told the outcome is waited for: 201, and once", async () => {
  pair.simulator.control.addFault({ kind: "delay", delayMs: 250, worked: true, on: "requestagentconf", times: 1 });
  expect(await chair.apply(), "201");
  assert.equal(sent("requestagentconf"), 1);
});

test("a refusal that is told before the gateway's answer is the answer all the same", async () => {
  const { control } = pair.simulator;
  control.putAgent("1201", { applications: "refused" });
  control.addFault({ kind: "delay", delayMs: 250, worked: true, on: "requestagentconf", times: 1 });
  expect(await chair.apply(), "409 conference-refused not-done");
  control.putAgent("1201", { applications: "granted" });
});

test("a refused Guid, before anything is done, is made good by the newest: the one call that goes out again", async () => {
  pair.simulator.control.addFault({ kind: "retcode", retcode: "000-003", on: "requestagentconf", times: 1 });
  expect(await chair.apply(), "201");
  assert.equal(sent("requestagentconf"), 2);
});

test("a Guid that goes on being refused is no end, and nothing was done", async () => {
  pair.simulator.control.addFault({ kind: "retcode", retcode: "000-003", on: "holdparticipant", times: 2 });
  expect(await chair.change("agent/1202", { held: true }), "503 gateway-switching-over not-done");
});

test("two devices that apply at once: the gateway orders them, both see the same conference", async () => {
  const second = await anotherDevice(pair, "1201");
  const answers = await Promise.all([chair.apply(), second.send("post", "/conference").send({ seats: 4 })]);
  assert.deepEqual(answers.map(short).toSorted(), ["201", "409 already-in-a-conference not-done"]);
  const [mine, theirs] = await Promise.all([chair.look(), second.get("/conference")]);
  assert.deepEqual(mine.body, theirs.body);
  assert.equal(mine.body.own.state, "joined");
});

test("a client that leaves takes nothing back: another device finds the conference", async () => {
  const second = await anotherDevice(pair, "1201");
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${chair.token}`, "content-type": "application/json" };
  pair.simulator.control.addFault({ kind: "delay", delayMs: 100, on: "requestagentconf", times: 1 });
  const gone = fetch(`${pair.url}/conference`, {
    method: "POST",
    headers,
    body: '{"seats":8}',
    signal: leaving.signal,
  });
  await wait(50);
  leaving.abort();
  await assert.rejects(gone);
  await until(async () => (await second.get("/conference")).body.own?.state === "joined");
  assert.equal(sent("requestagentconf"), 1);
});
