import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Device, signedInDevice } from "../support/device.ts";
import { answerJson } from "../support/raw-gateway.ts";
import { type ScriptedGateway, startScriptedGateway } from "../support/scripted-gateway.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

type Line = Readonly<Record<string, unknown>>;

const refusal = (retcode: string) => answerJson({ message: "no", retcode });

describe("the audit trail tells, with agent, subject and request,", () => {
  let gateway: ScriptedGateway;
  let service: TestService;
  let backend: Device;

  async function start(environment: Record<string, string> = {}): Promise<void> {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, { environment });
    backend = new Device(service.url, { sub: "portal", scope: "sessions:write" });
  }
  beforeEach(() => start());
  afterEach(async () => {
    await service.close();
    await gateway.close();
  });

  const trail = (): Line[] =>
    service.logged
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.audit !== undefined);

  /** The lines that a request wrote, without what is the same in each. */
  function traceOf(answer: { readonly headers: Readonly<Record<string, string>> }): Line[] {
    const id = answer.headers["x-request-id"];
    assert.ok(id);
    return trail()
      .filter(({ requestId }) => requestId === id)
      .map(({ level: _level, time: _time, msg: _msg, requestId: _id, ...line }) => line);
  }

  test("who signed in, who joined, and who signed out", async () => {
    const phone = new Device(service.url, { sub: "user-1" });
    const tablet = new Device(service.url, { sub: "user-1" });
    const signedIn = await phone.signIn();
    assert.deepEqual(traceOf(signedIn), [{ audit: "signed-in", agentId: "1201", subject: "user-1" }]);
    assert.deepEqual(traceOf(await tablet.signIn()), [{ audit: "joined", agentId: "1201", subject: "user-1" }]);

    const reason = "signed-out";
    const ended = { audit: "ended", agentId: "1201", subject: "user-1", reason, by: "user-1" };
    assert.deepEqual(traceOf(await tablet.delete("/session")), [ended]);
    const signedOut = { audit: "signed-out", agentId: "1201", subject: "user-1", reason };
    assert.deepEqual(traceOf(await phone.delete("/session")), [signedOut, ended]);
  });

  test("who forced whom out, and who ended a call to sign out", async () => {
    await signedInDevice(service.url, { sub: "user-1" });
    const other = new Device(service.url, { sub: "user-2" });
    assert.deepEqual(traceOf(await other.signIn({ force: true })), [
      { audit: "ended", agentId: "1201", subject: "user-1", reason: "forced-out", by: "user-2" },
      { audit: "forced", agentId: "1201", subject: "user-2" },
    ]);
    const [signedOut] = traceOf(await other.delete("/session?force=true"));
    assert.deepEqual(signedOut, { audit: "forced-out", agentId: "1201", subject: "user-2", reason: "signed-out" });
  });

  test("which sign-in was refused, by the gateway or by a limit", async () => {
    gateway.script({ "sign-in": refusal("100-004") });
    const device = new Device(service.url, { sub: "user-1" });
    const refused = { audit: "refused", agentId: "1201", subject: "user-1" };
    const wrong = await device.signIn();
    assert.deepEqual(traceOf(wrong), [{ ...refused, problem: "wrong-credentials", retcode: "100-004" }]);

    await service.close();
    await gateway.close();
    await start({ SIGN_IN_LIMIT_PER_MINUTE: "1" });
    await new Device(service.url).signIn();
    const limited = await new Device(service.url, { sub: "user-1" }).signIn();
    assert.deepEqual(traceOf(limited), [{ ...refused, problem: "rate-limited" }]);
  });

  test("who tried what its token or its page does not allow", async () => {
    const intruder = new Device(service.url, { sub: "user-1", scope: "sessions:read" });
    const refused = await intruder.delete("/sessions?subject=user-2");
    assert.deepEqual(traceOf(refused), [{ audit: "refused", subject: "user-1", problem: "insufficient-scope" }]);

    const device = await signedInDevice(service.url, { sub: "user-1" });
    const { status, headers } = await fetch(`${service.url}/session`, {
      method: "DELETE",
      headers: { Cookie: `__Host-session=${device.token}`, Origin: "https://evil.example", "X-CSRF": "1" },
    });
    assert.equal(status, 403);
    const forged = traceOf({ headers: Object.fromEntries(headers) });
    assert.deepEqual(forged, [{ audit: "refused", subject: "user-1", problem: "csrf" }]);
  });

  test("which backend bound and revoked whose session", async () => {
    const binding = { agentId: "1202", guid: "elsewhere.AgentGateway0", subject: "user-3" };
    const bound = await backend.put("/sessions/device-3", binding);
    assert.equal(bound.status, 201);
    assert.deepEqual(traceOf(bound), [{ audit: "bound", agentId: "1202", subject: "portal" }]);
    const revoked = await backend.delete("/sessions/device-3");
    await until(() => traceOf(revoked).length === 3);
    assert.deepEqual(traceOf(revoked), [
      { audit: "ended", agentId: "1202", subject: "user-3", reason: "revoked", by: "portal" },
      { audit: "revoked", agentId: "1202", subject: "portal" },
      { audit: "signed-out", agentId: "1202", subject: "portal", reason: "revoked" },
    ]);
  });

  test("which session ended because its time was over, though nobody asked", async () => {
    await service.close();
    await gateway.close();
    await start({ SESSION_IDLE_MS: "300", SESSION_MAX_MS: "60000" });
    await signedInDevice(service.url, { sub: "user-1" });
    await until(() => trail().some(({ audit }) => audit === "signed-out"));
    const [ended, signedOut] = trail().slice(1);
    assert.equal(ended?.audit, "ended");
    assert.deepEqual([ended?.agentId, ended?.subject, ended?.reason], ["1201", "user-1", "idle"]);
    assert.deepEqual([signedOut?.agentId, signedOut?.reason, signedOut?.requestId], ["1201", "idle", undefined]);
  });

  test("which session the gateway ended", async () => {
    await signedInDevice(service.url, { sub: "user-1" });
    gateway.script({ poll: refusal("100-006") });
    await until(() => trail().some(({ audit }) => audit === "ended"));
    const ended = trail().find(({ audit }) => audit === "ended");
    assert.deepEqual([ended?.agentId, ended?.subject, ended?.reason], ["1201", "user-1", "agent-not-signed-in"]);
  });

  test("which session of an external agent expired", async () => {
    const binding = { agentId: "1202", guid: "elsewhere.AgentGateway0", subject: "user-3", keepAlive: "external" };
    await backend.put("/sessions/device-3", binding);
    gateway.script({ ids: refusal("000-003") });
    const device = new Device(service.url, { sub: "user-3", sid: "device-3" });
    assert.equal((await device.get("/conferences")).status, 401);
    const expired = trail().find(({ audit }) => audit === "expired");
    assert.deepEqual([expired?.agentId, expired?.subject], ["1202", "user-3"]);
  });
});
