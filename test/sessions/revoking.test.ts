import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request, { type Response, type Test } from "supertest";
import { assertProblem, Device, signedInDevice, signInBody } from "../support/device.ts";
import { serviceToken, type TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { agentIds } from "./fleet.ts";
import { startQuickPair } from "./quick-times.ts";

async function started(t: TestContext, options: TestServiceOptions = {}) {
  const pair = await startQuickPair({ ...options, simulator: { agents: 30, ...options.simulator } });
  t.after(() => pair.close());
  const backend = (method: "get" | "put" | "delete", path: string): Test =>
    request(pair.url)[method](path).set("Authorization", `Bearer ${serviceToken()}`);
  return { ...pair, backend };
}

async function timed(sent: Test): Promise<{ answer: Response; ms: number }> {
  const begun = performance.now();
  const answer = await sent;
  return { answer, ms: performance.now() - begun };
}

for (const [what, path] of [
  ["its subject", "/sessions?subject=user-1"],
  ["its session", "/sessions/device-1"],
] as const) {
  for (const force of [false, true]) {
    test(`a ${force ? "forced " : ""}sign-in under way binds nothing once ${what} is revoked, and is taken back`, async (t) => {
      const { url, simulator, backend } = await started(t);
      const { control } = simulator;
      if (force) await signedInDevice(url, { sub: "somebody" }, { agentId: "20001" });
      const on = force ? "forcelogin" : "sign-in";
      const held = control.addFault({ kind: "hold", worked: true, on, times: 1 });
      const device = new Device(url, { sub: "user-1", sid: "device-1" });
      let isAnswered = false;
      const signingIn = device.signIn({ agentId: "20001", force }).then((answer) => {
        isAnswered = true;
        return answer;
      });
      await until(() => control.state().calls[on] === 1);
      assert.equal((await backend("delete", path)).status, 204);
      assert.equal(isAnswered, false, "the sign-in is not waited for");
      held.clear();
      assertProblem(await signingIn, 401, "session-not-found");
      assertProblem(await device.get("/session"), 401, "session-not-found");
      assert.deepEqual((await backend("get", "/sessions?subject=user-1")).body.sessions, []);
      await until(() => !control.agent("20001").signedIn);
      assert.equal((await device.signIn({ agentId: "20001" })).status, 201, "who begins after it may");
    });
  }
}

test("a device that joins while its subject is revoked is not bound", async (t) => {
  const { url, simulator, backend } = await started(t);
  await signedInDevice(url, { sub: "user-1" }, { agentId: "20001" });
  // Another subject's forced sign-in, which will be refused, holds the agent's lease.
  simulator.control.addFault({ kind: "retcode", retcode: "100-015", delayMs: 800, on: "forcelogin", times: 1 });
  const other = new Device(url, { sub: "user-2" }).signIn({ agentId: "20001", force: true }).then((answer) => answer);
  await until(() => simulator.control.state().calls.forcelogin === 1);
  const joining = new Device(url, { sub: "user-1" });
  const joined = joining.signIn({ agentId: "20001" }).then((answer) => answer);
  await wait(150);
  assert.equal((await backend("delete", "/sessions?subject=user-1")).status, 204);
  await other;
  assert.notEqual((await joined).status, 201);
  assertProblem(await joining.get("/session"), 401, "session-not-found");
});

test("a PUT that was begun before its subject was revoked binds nothing", async (t) => {
  const { url, simulator, backend } = await started(t);
  const { control } = simulator;
  const { guid } = control.signIn("20001");
  control.addFault({ kind: "retcode", retcode: "100-015", delayMs: 800, on: "forcelogin", times: 1 });
  const other = new Device(url, { sub: "user-2" }).signIn({ agentId: "20001", force: true }).then((answer) => answer);
  await until(() => control.state().calls.forcelogin === 1);
  const body = { agentId: "20001", guid, subject: "user-1" };
  const binding = backend("put", "/sessions/device-1")
    .send(body)
    .then((answer) => answer);
  await wait(150);
  assert.equal((await backend("delete", "/sessions?subject=user-1")).status, 204);
  await other;
  assertProblem(await binding, 409, "sign-in-in-progress");
  assertProblem(await new Device(url, { sub: "user-1", sid: "device-1" }).get("/session"), 401, "session-not-found");
});

test("a gateway that hangs holds up no revocation, however many sessions there are", async (t) => {
  const { url, simulator, backend } = await started(t, { environment: { GATEWAY_TIMEOUT_MS: "2000" } });
  const { control } = simulator;
  const devices = await Promise.all(agentIds(20).map((agentId) => signedInDevice(url, { sub: "user-1" }, { agentId })));
  const hanging = control.addFault({ kind: "hang", on: "logout" });
  const { answer, ms } = await timed(backend("delete", "/sessions?subject=user-1"));
  assert.equal(answer.status, 204);
  assert.ok(ms < 1_000, `${ms} ms for ${devices.length} sessions`);
  for (const device of devices) assertProblem(await device.get("/session"), 401, "session-not-found");
  hanging.clear();
  await until(() => agentIds(20).every((agentId) => !control.agent(agentId).signedIn), 20_000);
});

test("a sign-in that a killed instance has left behind holds up no revocation", async (t) => {
  const { url, simulator, backend } = await started(t);
  const device = await signedInDevice(url, { sub: "user-1" }, { agentId: "20001" });
  // As long as a sign-in hangs, its lease is held.
  const hanging = simulator.control.addFault({ kind: "hang", on: "forcelogin" });
  const left = new Device(url, { sub: "user-2" }).signIn({ agentId: "20001", force: true });
  left.catch(() => undefined);
  await until(() => simulator.control.state().calls.forcelogin === 1);
  const { answer, ms } = await timed(backend("delete", "/sessions?subject=user-1"));
  assert.equal(answer.status, 204);
  assert.ok(ms < 1_000, `${ms} ms`);
  assertProblem(await device.get("/session"), 401, "session-not-found");
  hanging.clear();
});

test("a subject of the apps' issuer is not the service's own of the same name", async (t) => {
  const { url, backend } = await started(t);
  const own = await request(url)
    .post("/session")
    .send(signInBody({ agentId: "20001" }));
  assert.equal(own.status, 201);
  const ownToken = { Authorization: `Bearer ${own.body.token}` };
  const app = await signedInDevice(url, { sub: "20001" }, { agentId: "20002" });
  const subjects = async (query: string): Promise<string[]> =>
    ((await backend("get", `/sessions${query}`)).body.sessions as { issuer: string; agentId: string }[]).map(
      ({ issuer, agentId }) => `${issuer} ${agentId}`,
    );
  assert.deepEqual(await subjects("?subject=20001"), ["app 20002"]);
  assert.deepEqual(await subjects("?subject=20001&issuer=own"), ["own 20001"]);
  assert.deepEqual((await subjects("")).sort(), ["app 20002", "own 20001"]);

  assert.equal((await backend("delete", "/sessions?subject=20001")).status, 204);
  assertProblem(await app.get("/session"), 401, "session-not-found");
  assert.equal((await request(url).get("/session").set(ownToken)).status, 200);
  assert.equal((await backend("delete", "/sessions?subject=20001&issuer=app")).status, 204);
  assert.equal((await request(url).get("/session").set(ownToken)).status, 200);
  assert.equal((await backend("delete", "/sessions?subject=20001&issuer=own")).status, 204);
  assertProblem(await request(url).get("/session").set(ownToken), 401, "session-not-found");
  for (const issuer of ["", "issuer=", "issuer=both", "issuer=app&issuer=own"].filter((text) => text !== "")) {
    assertProblem(await backend("delete", `/sessions?subject=a&${issuer}`), 400, "invalid-request");
    assertProblem(await backend("get", `/sessions?subject=a&${issuer}`), 400, "invalid-request");
  }
});
