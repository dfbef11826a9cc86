import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { assertNoViolations } from "../../sessions/quick-times.ts";
import { appToken } from "../../support/service.ts";
import { until } from "../../support/until.ts";
import { Agent, agentAt, anotherDevice, expect, goIdle, type Pair, short, startConferences } from "./stage.ts";

let pair: Pair;
let chair: Agent;
let other: Agent;

before(async () => {
  pair = await startConferences();
  chair = await agentAt(pair, "1201");
  other = await agentAt(pair, "1202");
});
afterEach(async () => {
  const { control } = pair.simulator;
  control.clearFaults();
  for (const { id, participants } of control.conferences()) {
    if (participants.some(({ address }) => address === "1201" || address === "1202")) control.endConference(id);
  }
  for (const agent of [chair, other]) {
    await until(async () => (await agent.look()).status === 404);
    await goIdle(pair.simulator, agent.agentId);
  }
  assertNoViolations(pair.simulator);
});
after(() => pair.close());

const agent = { kind: "agent", address: "1202" };
const phone = { kind: "phone", address: "70005" };

test("an application is answered with the conference, its place and the agent as its chair", async () => {
  expect(await chair.look(), "404 conference-not-found");
  const applied = await chair.apply({ seats: 8, minutes: 50, remindMinutes: 5 });
  expect(applied, "201");
  assert.equal(applied.headers.location, "/conference");
  const { id, state, bookedMinutes, participants, own } = applied.body;
  assert.match(id, /^[0-9]{1,19}$/);
  assert.deepEqual([state, bookedMinutes, own], ["normal", 50, { role: "chair", state: "joined" }]);
  assert.deepEqual(
    participants.map((one: Record<string, unknown>) => [one.kind, one.address, one.role]),
    [["agent", "1201", "chair"]],
  );
  const looked = await chair.look();
  expect(looked, "200");
  assert.deepEqual(looked.body, applied.body);
  expect(await chair.apply(), "409 already-in-a-conference not-done");
});

/** The chair in a conference, the other one in it too. */
async function bothIn(): Promise<string> {
  const applied = await chair.apply();
  expect(applied, "201");
  expect(await chair.invite(agent), "202");
  await until(async () => (await other.look()).body.own?.state === "invited");
  expect(await other.call("post", "/conference/answer"), "200");
  return String(applied.body.id);
}

test("a refused application is 409 with the platform's own number, before or after the agent has joined", async () => {
  pair.simulator.control.putAgent("1201", { applications: "refused" });
  for (const refusedApplications of ["at-once", "after-join"] as const) {
    pair.simulator.control.configure({ refusedApplications });
    const answer = await chair.apply();
    expect(answer, "409 conference-refused not-done");
    assert.equal(answer.body.cause, 21234);
    expect(await chair.look(), "404 conference-not-found");
    await goIdle(pair.simulator, "1201");
  }
  pair.simulator.control.putAgent("1201", { applications: "granted" });
  pair.simulator.control.configure({ refusedApplications: "at-once" });
});

test("an application that nobody decides in time is 202, is seen as requested, and as joined when it was decided", async () => {
  pair.simulator.control.configure({ applicationMs: 2_200 });
  const answer = await chair.apply();
  expect(answer, "202");
  assert.deepEqual(answer.body, { state: "requested" });
  assert.deepEqual((await chair.look()).body, { id: null, own: { state: "requested" } });
  pair.simulator.control.configure({ applicationMs: 30 });
  await until(async () => (await chair.look()).body.own.state === "joined");
});

test("an invitation rings, is seen as such, and is taken: 200 with the conference as a participant", async () => {
  const applied = await chair.apply();
  const invited = await chair.invite(agent, phone);
  expect(invited, "202");
  assert.deepEqual(invited.body, { participants: [agent, phone] });
  await until(async () => (await other.look()).status === 200);
  assert.deepEqual((await other.look()).body, { id: applied.body.id, own: { state: "invited" } });
  const answered = await other.call("post", "/conference/answer");
  expect(answered, "200");
  assert.deepEqual(answered.body.own, { role: "participant", state: "joined" });
  assert.equal(answered.body.id, applied.body.id);
  await until(async () => (await chair.look()).body.participants.length === 3);
  const again = await chair.invite(agent, { kind: "phone", address: "70006" });
  assert.equal(again.body.participants[0].state, "connected", "who is in by then is told with the state");
  assert.equal(again.body.participants[1].state, undefined);
});

test("an invitation is declined; one that is over, or never was, is 409", async () => {
  expect(await other.call("post", "/conference/answer"), "409 not-in-a-conference not-done");
  expect(await other.call("post", "/conference/reject"), "409 not-in-a-conference not-done");
  await chair.apply();
  await chair.invite(agent);
  await until(async () => (await other.look()).status === 200);
  expect(await other.call("post", "/conference/reject"), "204");
  expect(await other.look(), "404 conference-not-found");
  await goIdle(pair.simulator, "1202");
  await chair.invite(agent);
  await until(async () => (await other.look()).status === 200);
  pair.simulator.control.endConference((await chair.look()).body.id);
  await until(async () => (await other.look()).status === 404);
});

test("an invitation that is answered while it is withdrawn is told as such", async () => {
  await chair.apply();
  await chair.invite(agent);
  await until(async () => (await other.look()).status === 200);
  pair.simulator.control.configure({ answerMs: 500 });
  const answering = other.call("post", "/conference/answer").then((answer) => answer);
  await until(() => pair.simulator.control.state().calls.answeragentconf > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  pair.simulator.control.endConference((await chair.look()).body.id);
  expect(await answering, "409 not-in-a-conference not-done");
  pair.simulator.control.configure({ answerMs: 20 });
});

test("two devices that take one invitation: one is in, the other is told, and nobody sees it gone in between", async () => {
  const second = await anotherDevice(pair, "1202");
  await chair.apply();
  await chair.invite(agent);
  await until(async () => (await other.look()).status === 200);
  pair.simulator.control.configure({ answerMs: 300 });
  const seen: number[] = [];
  const answers = Promise.all([
    other.call("post", "/conference/answer"),
    second.send("post", "/conference/answer").then((answer) => answer),
  ]);
  for (let time = 0; time < 20; time++) seen.push((await second.get("/conference")).status);
  assert.deepEqual((await answers).map(short).toSorted(), ["200", "409 not-in-a-conference not-done"]);
  assert.deepEqual([...new Set(seen)], [200]);
  pair.simulator.control.configure({ answerMs: 20 });
});

test("an answer whose joining takes long is 202, and in a moment later", async () => {
  await chair.apply();
  await chair.invite(agent);
  await until(async () => (await other.look()).status === 200);
  pair.simulator.control.configure({ answerMs: 2_000 });
  const answer = await other.call("post", "/conference/answer");
  expect(answer, "202");
  assert.deepEqual(answer.body, { state: "answering" });
  pair.simulator.control.configure({ answerMs: 20 });
  await until(async () => (await other.look()).body.own?.state === "joined");
});

test("a participant is held, taken back, muted and unmuted: each time it is answered as it is by then", async () => {
  await bothIn();
  for (const [body, shown] of [
    [{ held: true }, { state: "held" }],
    [{ held: false }, { state: "connected" }],
    [{ held: true, announcement: "y:/conf/120/wait.V3" }, { state: "held" }],
    [{ held: false }, { state: "connected" }],
    [{ audio: "listen" }, { audio: "listen" }],
    [{ audio: "speak" }, { audio: "speak" }],
    [{ audio: "none" }, { audio: "none" }],
    [{ audio: "both" }, { audio: "both" }],
  ] as const) {
    const answer = await chair.change("agent/1202", body);
    expect(answer, "200");
    const { kind, address, role, state, audio } = answer.body;
    assert.deepEqual([kind, address, role], ["agent", "1202", "participant"]);
    assert.partialDeepStrictEqual({ state, audio }, shown, JSON.stringify(body));
  }
});

test("time and seats are answered as they were granted, the chair is handed over and may leave then", async () => {
  await bothIn();
  const change = (one: Agent, body: object) => one.call("patch", "/conference", body);
  pair.simulator.control.configure({ mostProlongMinutes: 20 });
  assert.deepEqual((await change(chair, { addMinutes: 30 })).body, { addedMinutes: 20 });
  assert.deepEqual((await change(chair, { addSeats: 4 })).body, { addedSeats: 4 });
  assert.deepEqual((await change(chair, { addSeats: -2 })).body, { addedSeats: -2 });
  expect(await chair.call("post", "/conference/leave"), "409 chair-cannot not-done");
  expect(await change(chair, { chair: "1201" }), "409 chair-cannot not-done");
  const handed = await change(chair, { chair: "1202" });
  expect(handed, "200");
  assert.deepEqual(handed.body, { chair: "1202" });
  assert.equal((await chair.look()).body.own.role, "participant");
  assert.equal((await other.look()).body.own.role, "chair");
  expect(await change(chair, { addMinutes: 30 }), "403 not-the-chair not-done");
  expect(await chair.call("post", "/conference/leave"), "204");
  await until(async () => (await chair.look()).status === 404);
  expect(await other.call("delete", "/conference"), "204");
  await until(async () => (await other.look()).status === 404);
});

test("a participant is removed; one who was not in it is 404, and the chair cannot remove itself", async () => {
  await bothIn();
  const remove = (path: string) => chair.call("delete", `/conference/participants/${path}`);
  expect(await remove("phone/70099"), "404 conference-not-found not-done");
  expect(await remove("agent/1201"), "409 chair-cannot not-done");
  expect(await remove("agent/1202"), "204");
  await until(async () => (await other.look()).status === 404);
});

test("announcements are played to all and to one, and stopped", async () => {
  await bothIn();
  const file = "y:/conf/120/1136287.V3";
  for (const place of ["/conference", "/conference/participants/agent/1202"]) {
    const played = await chair.call("post", `${place}/announcement`, { file, background: false });
    expect(played, "202");
    assert.deepEqual(played.body, { state: "requested" });
    expect(await chair.call("delete", `${place}/announcement`), "204");
  }
  expect(await chair.call("post", "/conference/announcement", { file, background: true }), "202");
  await until(async () => (await chair.look()).body.state === "normal");
});

test("who is no chair may not, and who is in none cannot: the gateway's codes tell, row by row", async () => {
  const rows: readonly (readonly ["post" | "patch" | "delete", string, object?])[] = [
    ["patch", "/conference", { addMinutes: 30 }],
    ["patch", "/conference", { addSeats: 4 }],
    ["patch", "/conference", { chair: "1203" }],
    ["post", "/conference/participants", { participants: [phone] }],
    ["patch", "/conference/participants/agent/1201", { held: true }],
    ["patch", "/conference/participants/agent/1201", { held: false }],
    ["patch", "/conference/participants/agent/1201", { audio: "listen" }],
    ["delete", "/conference/participants/agent/1201"],
    ["post", "/conference/announcement", { file: "y:/conf/120/1.V3" }],
    ["delete", "/conference/announcement"],
    ["post", "/conference/participants/agent/1201/announcement", { file: "y:/conf/120/1.V3" }],
    ["delete", "/conference/participants/agent/1201/announcement"],
    ["delete", "/conference"],
  ];
  for (const [method, path, body] of rows)
    expect(await other.call(method, path, body), "409 not-in-a-conference not-done");
  expect(await other.call("post", "/conference/leave"), "409 not-in-a-conference not-done");
  await bothIn();
  for (const [method, path, body] of rows) expect(await other.call(method, path, body), "403 not-the-chair not-done");
});

test("what is mistaken is told by its path, and nothing of it reaches the gateway", async () => {
  const { calls } = pair.simulator.control.state();
  const rows: readonly (readonly ["post" | "patch" | "delete", string, object | undefined, string])[] = [
    ["post", "/conference", {}, "seats"],
    ["post", "/conference", { seats: 121 }, "seats"],
    ["post", "/conference", { seats: 8, minutes: 3 }, "minutes"],
    ["post", "/conference", { seats: 8, remindMinutes: 1441 }, "remindMinutes"],
    ["post", "/conference", { seats: 8, callerNumber: "1".repeat(25) }, "callerNumber"],
    ["post", "/conference", { seats: 8, announcement: "a\nb" }, "announcement"],
    ["post", "/conference", { seats: 8, announcement: "a".repeat(128) }, "announcement"],
    ["patch", "/conference", {}, ""],
    ["patch", "/conference", { addMinutes: 30, addSeats: 4 }, ""],
    ["patch", "/conference", { addMinutes: 0 }, "addMinutes"],
    ["patch", "/conference", { addSeats: 1 }, "addSeats"],
    ["patch", "/conference", { addSeats: -119 }, "addSeats"],
    ["patch", "/conference", { chair: "007" }, "chair"],
    ["post", "/conference/participants", { participants: [] }, "participants"],
    ["post", "/conference/participants", { participants: Array(121).fill(phone) }, "participants"],
    ["post", "/conference/participants", { participants: [{ kind: "agent", address: "1" }] }, "participants.0.address"],
    ["post", "/conference/participants", { participants: [{ kind: "fax", address: "1" }] }, "participants.0.kind"],
    ["patch", "/conference/participants/agent/1202", {}, ""],
    ["patch", "/conference/participants/agent/1202", { audio: "loud" }, "audio"],
    ["patch", "/conference/participants/agent/1202", { audio: "both", held: true }, ""],
    ["patch", "/conference/participants/agent/1202", { held: false, announcement: "a" }, "announcement"],
    ["patch", "/conference/participants/robot/1202", { held: true }, "path.kind"],
    ["delete", "/conference/participants/agent/12x", undefined, "path.address"],
    ["post", "/conference/announcement", {}, "file"],
    ["post", "/conference/participants/phone/70005/announcement", { file: "a", background: true }, "background"],
  ];
  for (const [method, path, body, mistaken] of rows) {
    const answer = await chair.call(method, path, body);
    expect(answer, "400 invalid-request");
    assert.deepEqual(
      answer.body.errors.map((error: { path: string }) => error.path),
      [mistaken],
      `${path} ${JSON.stringify(body)}`,
    );
  }
  const { poll: _, ...now } = pair.simulator.control.state().calls;
  const { poll: __, ...then } = calls;
  assert.deepEqual(now, then);
});

test("an unknown field is told by its path", async () => {
  const answer = await chair.apply({ seats: 8, video: true });
  expect(answer, "400 invalid-request");
  assert.deepEqual(answer.body.errors[0].path, "video");
});

test("a call that needs no body takes an empty one, and no field in it", async () => {
  const { poll: _, ...before } = pair.simulator.control.state().calls;
  for (const word of ["answer", "reject", "leave"]) {
    const answer = await chair.call("post", `/conference/${word}`, { force: true });
    expect(answer, "400 invalid-request");
    assert.equal(answer.body.errors[0].path, "force");
  }
  const { poll: __, ...after } = pair.simulator.control.state().calls;
  assert.deepEqual(after, before);
  expect(await chair.call("post", "/conference/reject", {}), "409 not-in-a-conference not-done");
});

test("what fails before anything is sent says that nothing was done", async () => {
  const unbound = new Agent(pair.url, "1203", appToken({ sub: "user-1203", sid: "unbound" }));
  expect(await unbound.apply(), "401 session-not-found not-done");
  expect(await unbound.invite(phone), "401 session-not-found not-done");
  expect(await unbound.look(), "401 session-not-found");
});
