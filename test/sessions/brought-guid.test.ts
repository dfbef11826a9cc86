import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, type TestContext, test } from "node:test";
import request from "supertest";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { answerJson } from "../support/raw-gateway.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { serviceToken, startPair, startTestService } from "../support/service.ts";
import { until } from "../support/until.ts";

const backendOf = (url: string) => ({
  bind: (sid: string, body: object) =>
    request(url).put(`/sessions/${sid}`).set("Authorization", `Bearer ${serviceToken()}`).send(body),
  revoke: (sid: string) => request(url).delete(`/sessions/${sid}`).set("Authorization", `Bearer ${serviceToken()}`),
});

describe("a Guid that a backend brings", async () => {
  const pair = await startPair({ simulator: { pollHoldMs: 200, guidOverlapMs: 0 } });
  const { control } = pair.simulator;
  const { bind, revoke } = backendOf(pair.url);
  const userOf = (sid: string, sub = "user-1"): Device => new Device(pair.url, { sid, sub });

  let { guid, cookie } = control.signIn("1201");
  beforeEach(() => {
    ({ guid, cookie } = control.signIn("1201"));
    control.clearCounters();
  });
  afterEach(async () => {
    control.clearFaults();
    for (const sid of ["device-1", "device-2"]) assert.equal((await revoke(sid)).status, 204);
    await until(() => control.state().heldPolls === 0);
  });
  after(() => pair.close());

  const questions = () => [control.state().calls.agentstatus, control.state().calls.queryvdnconfid];

  test("is asked about first, also where nothing is stored, and refused binds nothing", async () => {
    const answer = await bind("device-1", { agentId: "1201", guid: "any-text-at-all", subject: "user-1" });
    assertProblem(answer, 409, "guid-refused");
    assert.equal(answer.body.retcode, "000-003");
    assertProblem(await userOf("device-1").get("/session"), 401, "session-not-found");
    assert.deepEqual(questions(), [1, 0]);
    assert.equal(control.agent("1201").signedIn, true, "nor is anybody signed out");
  });

  test("and that is refused touches nothing that lived before", async () => {
    assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-1" })).status, 201);
    assert.equal((await bind("device-2", { agentId: "1201", guid, subject: "user-1" })).status, 201);
    const streams = await Promise.all(
      ["device-1", "device-2"].map((sid) =>
        EventStreamReader.open(`${pair.url}/session/events`, { Authorization: `Bearer ${userOf(sid).token}` }),
      ),
    );
    for (const body of [
      { agentId: "1201", guid: "another.AgentGateway0", subject: "user-1" },
      { agentId: "1201", guid: "another.AgentGateway0", subject: "user-2", keepAlive: "external" },
      { agentId: "1204", guid: "another.AgentGateway0", subject: "user-1" },
    ]) {
      assertProblem(await bind("device-1", body), 409, "guid-refused");
    }
    for (const sid of ["device-1", "device-2"]) {
      const session = await userOf(sid).get("/session");
      assert.deepEqual([session.status, session.body.agentId, session.body.state], [200, "1201", "active"]);
      assert.equal((await userOf(sid).get("/conferences")).status, 200);
    }
    assert.ok(streams.every(({ ended }) => !ended));
    for (const stream of streams) stream.close();
  });

  test("is asked about once; the same again joins and asks nothing", async () => {
    for (const [sid, status] of [
      ["device-1", 201],
      ["device-2", 201],
      ["device-1", 200],
    ] as const) {
      assert.equal((await bind(sid, { agentId: "1201", guid, subject: "user-1" })).status, status);
    }
    assert.deepEqual(questions(), [1, 0]);
  });

  for (const [what, fault] of [
    ["HTTP 404", { kind: "status", status: 404 }],
    ["HTTP 405", { kind: "status", status: 405 }],
    ["HTTP 500", { kind: "status", status: 500 }],
    ["HTTP 501", { kind: "status", status: 501 }],
    ["000-001", { kind: "retcode", retcode: "000-001" }],
    ["000-002", { kind: "retcode", retcode: "000-002" }],
  ] as const) {
    test(`is asked about by the conference query where agentstatus answers ${what}`, async () => {
      control.addFault({ ...fault, on: "agentstatus" });
      assert.equal((await bind("device-1", { agentId: "1201", guid, keepAlive: "external" })).status, 201);
      assert.equal(control.state().calls.queryvdnconfid, 1);
      assertProblem(await bind("device-2", { agentId: "1204", guid: "nonsense" }), 409, "guid-refused");
    });
  }

  test("of an agent who is no inspector is taken where only the conference query can tell", async () => {
    const { guid: theirs } = control.signIn("1202");
    control.addFault({ kind: "status", status: 404, on: "agentstatus" });
    assert.equal((await bind("device-1", { agentId: "1202", guid: theirs, keepAlive: "external" })).status, 201);
  });

  test("of an agent who is signed out is refused, however the gateway says so", async () => {
    for (const retcode of ["100-006", "100-008", "105-005", "000-003"]) {
      control.addFault({ kind: "retcode", retcode, on: "agentstatus", times: 1 });
      const answer = await bind("device-1", { agentId: "1201", guid });
      assertProblem(answer, 409, "guid-refused");
      assert.equal(answer.body.retcode, retcode);
    }
    control.putAgent("1201", { agentState: 2 });
    assertProblem(await bind("device-1", { agentId: "1201", guid }), 409, "guid-refused");
    for (const agentState of [0, 1, 3, 4, 5, 7, 8, 9]) {
      control.putAgent("1201", { agentState });
      const answer = await bind(`device-1`, { agentId: "1201", guid, keepAlive: "external" });
      assert.ok(answer.status < 300, `${agentState}: ${answer.status}`);
      assert.equal((await revoke("device-1")).status, 204);
    }
    control.putAgent("1201", { agentState: null });
  });

  test("that the gateway can say nothing about is the problem that it is, and nothing is touched", async () => {
    await bind("device-1", { agentId: "1201", guid, subject: "user-1", keepAlive: "external" });
    for (const [fault, status, code] of [
      [{ kind: "retcode", retcode: "100-007" }, 502, "gateway-error"],
      [{ kind: "retcode", retcode: "000-007" }, 429, "rate-limited"],
      [{ kind: "retcode", retcode: "999-999" }, 502, "gateway-error"],
      // Only of the conference query does it say that the agent was recognized.
      [{ kind: "retcode", retcode: "101-004" }, 403, "not-an-inspector"],
      [{ kind: "reset" }, 502, "gateway-unreachable"],
      [{ kind: "html" }, 502, "gateway-bad-response"],
      [{ kind: "status", status: 503 }, 503, "gateway-unavailable"],
    ] as const) {
      const rule = control.addFault({ ...fault, on: "agentstatus" });
      assertProblem(await bind("device-1", { agentId: "1201", guid: "another" }), status, code);
      rule.clear();
      assert.equal((await userOf("device-1").get("/conferences")).status, 200, code);
    }
  });

  test("and that a sign-in has replaced is refused, and the gateway is not even asked", async () => {
    assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-1" })).status, 201);
    const user = await signedInDevice(pair.url, { sub: "user-2" }, { force: true });
    control.clearCounters();
    assertProblem(await bind("device-1", { agentId: "1201", guid, subject: "user-1" }), 409, "guid-refused");
    assert.deepEqual(questions(), [0, 0]);
    assert.equal((await user.get("/conferences")).status, 200);
    assert.equal((await user.delete("/session")).status, 204);
  });

  test("and that a newer one has replaced is refused, though the gateway might still take it", async () => {
    const external = { agentId: "1201", subject: "user-1", keepAlive: "external" };
    assert.equal((await bind("device-1", { ...external, guid })).status, 201);
    control.invalidate("1201");
    const newer = control.agent("1201").guid;
    assert.equal((await bind("device-1", { ...external, guid: newer })).status, 200);
    control.clearCounters();
    assertProblem(await bind("device-1", { ...external, guid }), 409, "guid-refused");
    assert.deepEqual(questions(), [0, 0]);
    assert.equal((await userOf("device-1").get("/conferences")).status, 200);
    assert.equal((await bind("device-2", { ...external, guid: newer })).status, 201);
  });

  test("may be written as Set-GUID has it", async () => {
    const answer = await bind("device-1", { agentId: "1201", guid: `JSESSIONID=${guid}`, cookie });
    assert.equal(answer.status, 201);
    assert.equal((await userOf("device-1").get("/conferences")).status, 200);
    assert.equal((await bind("device-2", { agentId: "1201", guid })).status, 201, "and is the same");
    for (const bad of ["JSESSIONID=", `JSESSIONID=${"x".repeat(513)}`, "JSESSIONID=a b"]) {
      assertProblem(await bind("device-1", { agentId: "1201", guid: bad }), 400, "invalid-request");
    }
  });

  for (const keepAlive of ["managed", "external"] as const) {
    test(`instead of another makes VDN and inspector unknown again, for a ${keepAlive} agent`, async () => {
      const body = { agentId: "1201", subject: "user-1", keepAlive };
      assert.equal((await bind("device-1", { ...body, guid })).status, 201);
      const device = userOf("device-1");
      assert.equal((await device.get("/conferences")).status, 200);
      await until(async () => (await device.get("/session")).body.inspector === true);
      control.invalidate("1201");
      const newer = control.agent("1201").guid;
      assert.equal((await bind("device-2", { ...body, guid: newer })).status, 201);
      for (const sid of ["device-1", "device-2"]) {
        const { vdnId, inspector, state } = (await userOf(sid).get("/session")).body;
        assert.deepEqual([vdnId, inspector, state], [null, null, "active"]);
      }
      assert.equal((await device.get("/conferences")).status, 200, "the agent's other sessions stay bound");
    });
  }
});

test("what the gateway's answer to the question renews is what is stored", async (t: TestContext) => {
  const renewed = "22222222-3333-4444-8555-666666666666.AgentGateway1";
  const gateway = await startScriptedGateway();
  // Whatever it does not know it takes for a sign-in.
  gateway.script({
    "sign-in": answerJson(
      { message: "", retcode: "0", result: { agentState: 4, isWorking: false } },
      { "Set-GUID": `JSESSIONID=${renewed}`, "Set-Cookie": ["route=7; Path=/"] },
    ),
  });
  const service = await startTestService(gateway.url);
  t.after(async () => {
    await service.close();
    await gateway.close();
  });
  const { bind } = backendOf(service.url);
  const body = { agentId: "1201", guid: "brought.AgentGateway0", subject: "user-1", keepAlive: "external" };
  assert.equal((await bind("device-1", body)).status, 201);
  const device = new Device(service.url, { sid: "device-1", sub: "user-1" });
  assert.equal((await device.get("/conferences")).status, 200);
  const [asked, ids] = gateway.requests;
  assert.match(asked?.path ?? "", /\/onlineagent\/1201\/agentstatus$/);
  assert.deepEqual([asked?.headers.guid, ids?.headers.guid], [body.guid, renewed]);
  assert.equal(ids?.headers.cookie, "route=7");
  assert.equal((await bind("device-2", body)).status, 201, "and the one that was brought still joins");
  assert.equal(gateway.requests.length, 2);
});

test("an agent who was moved to another VDN and bound anew sees that one's list, and nobody sees it for the old one's", async (t) => {
  const pair = await startPair({
    simulator: { pollHoldMs: 200, latencyMs: 2 },
    environment: { CONFERENCE_SHARING: "vdn", CONFERENCE_FRESH_MS: "3000" },
  });
  t.after(() => pair.close());
  const { control } = pair.simulator;
  const { bind } = backendOf(pair.url);
  const list = async (device: Device) => (await device.get("/conferences")).body as unknown;
  const colleague = await signedInDevice(pair.url, { sub: "user-4" }, { agentId: "1204" });
  const moved = await signedInDevice(pair.url, { sub: "user-1", sid: "device-1" }, { agentId: "1201" });
  const ofOldVdn = await list(colleague);
  assert.deepEqual(await list(moved), ofOldVdn);
  assert.deepEqual(await list(moved), ofOldVdn);

  control.putAgent("1201", { vdnId: 2 });
  const { guid } = control.signIn("1201");
  assert.equal((await bind("device-2", { agentId: "1201", guid, subject: "user-1" })).status, 201);
  const ofNewVdn = await list(moved);
  assert.deepEqual(ofNewVdn, { conferences: [{ id: "1030400" }] });
  for (let round = 0; round < 5; round++) {
    assert.deepEqual(await list(colleague), ofOldVdn);
    assert.deepEqual(await list(moved), ofNewVdn);
  }
});

test("the gateway's cookies belong to a sign-in: a managed agent's next Guid goes out without them, an external one's with them", async (t: TestContext) => {
  const gateway = await startScriptedGateway();
  gateway.script({ "sign-in": answerJson({ message: "", retcode: "0", result: { agentState: 4, isWorking: false } }) });
  const service = await startTestService(gateway.url);
  t.after(async () => {
    await service.close();
    await gateway.close();
  });
  const { bind } = backendOf(service.url);
  for (const [agentId, keepAlive, cookie] of [
    ["1201", "managed", undefined],
    ["1204", "external", "route=1"],
  ] as const) {
    const first = { agentId, guid: `first-${agentId}.AgentGateway0`, subject: "user-1", keepAlive, cookie: "route=1" };
    const next = { agentId, guid: `next-${agentId}.AgentGateway1`, subject: "user-1", keepAlive };
    assert.equal((await bind(`device-${agentId}`, first)).status, 201);
    assert.equal((await bind(`device-${agentId}`, next)).status, 200);
    const device = new Device(service.url, { sid: `device-${agentId}`, sub: "user-1" });
    assert.equal((await device.get("/conferences")).status, 200);
    const cookiesOf = (guid: string) =>
      gateway.requests.filter((one) => one.headers.guid === guid).map((one) => one.headers.cookie);
    assert.deepEqual([...new Set(cookiesOf(first.guid))], ["route=1"]);
    assert.deepEqual([...new Set(cookiesOf(next.guid))], [cookie]);
  }
});
