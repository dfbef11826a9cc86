import assert from "node:assert/strict";
import { describe, test } from "node:test";
import request from "supertest";
import { assertProblem, Device, signedInDevice, signInBody } from "../support/device.ts";
import { appToken, startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

const SIMULATOR = { pollHoldMs: 200 };

const remaining = (headers: Readonly<Record<string, string>>): number =>
  Number(/remaining=(\d+)/.exec(headers.ratelimit ?? "")?.[1]);

describe("the limit of a session", () => {
  test("is told with every answer, and past it is 429 until the window is over", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { RATE_LIMIT_PER_MINUTE: "5" } });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    for (let left = 4; left >= 0; left--) {
      const answer = await device.get(left % 2 === 0 ? "/conferences" : "/session");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["ratelimit-policy"], "5;w=60");
      assert.equal(remaining(answer.headers), left);
    }
    for (const path of ["/conferences", "/session", "/conferences/stream"]) {
      const answer = await device.get(path);
      assertProblem(answer, 429, "rate-limited");
      const seconds = Number(answer.headers["retry-after"]);
      assert.ok(seconds >= 1 && seconds <= 60);
      assert.equal(remaining(answer.headers), 0);
    }
    const asked = pair.simulator.control.state().calls.queryvdnconfid;
    await device.get("/conferences");
    assert.equal(pair.simulator.control.state().calls.queryvdnconfid, asked, "the gateway is spared");
  });

  test("is each session's own, and a failure counts too", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { RATE_LIMIT_PER_MINUTE: "3" } });
    context.after(() => pair.close());
    const [phone, tablet] = [await signedInDevice(pair.url), await signedInDevice(pair.url)];
    for (let count = 0; count < 3; count++) assert.equal((await phone.get("/conferences/x")).status, 400);
    assertProblem(await phone.get("/conferences"), 429, "rate-limited");
    assert.equal((await tablet.get("/conferences")).status, 200);
    // A fresh token of the same session is no new session.
    const again = new Device(pair.url, { sid: "device-1", sub: "user-5" });
    for (let count = 0; count < 3; count++) assertProblem(await again.get("/session"), 401, "session-not-found");
    assertProblem(
      await new Device(pair.url, { sid: "device-1", sub: "user-5", jti: "2" }).get("/session"),
      429,
      "rate-limited",
    );
  });

  test("is not a trusted backend's, who speaks for many, but is for a token that only tries to be one", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { RATE_LIMIT_PER_MINUTE: "2" } });
    context.after(() => pair.close());
    const ask = (token: string) => request(pair.url).get("/sessions").set("Authorization", `Bearer ${token}`);
    const backend = appToken({ sub: "portal", sid: undefined, scope: "sessions:write" });
    for (let count = 0; count < 5; count++) assert.equal((await ask(backend)).status, 200);
    const user = appToken({ sub: "user-1" });
    for (let count = 0; count < 2; count++) assertProblem(await ask(user), 403, "insufficient-scope");
    assertProblem(await ask(user), 429, "rate-limited");
  });

  test("is nobody's where no token is asked for", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { RATE_LIMIT_PER_MINUTE: "1" } });
    context.after(() => pair.close());
    for (let count = 0; count < 5; count++) {
      for (const path of ["/livez", "/readyz", "/problems/csrf"]) {
        assert.equal((await request(pair.url).get(path)).status, 200);
      }
    }
  });
});

describe("the limit of sign-ins", () => {
  test("is by address and agent, and spares the gateway", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { SIGN_IN_LIMIT_PER_MINUTE: "3" } });
    context.after(() => pair.close());
    const { control } = pair.simulator;
    for (let left = 2; left >= 0; left--) {
      const answer = await new Device(pair.url).signIn({ password: "wrong" });
      assertProblem(answer, 401, "wrong-credentials");
    }
    const refused = await new Device(pair.url).signIn();
    assertProblem(refused, 429, "rate-limited");
    assert.equal(refused.headers["ratelimit-policy"], "3;w=60");
    assert.equal(remaining(refused.headers), 0);
    assert.equal(control.state().calls["sign-in"], 3);
    assert.equal((await new Device(pair.url).signIn({ agentId: "1204" })).status, 201, "another agent is not meant");
    const own = await request(pair.url).post("/session").send(signInBody());
    assertProblem(own, 429, "rate-limited");
  });

  test("leaves a line in the audit trail, and the limit of a session leaves none", async (context) => {
    const environment = { SIGN_IN_LIMIT_PER_MINUTE: "1", RATE_LIMIT_PER_MINUTE: "1" };
    const pair = await startPair({ simulator: SIMULATOR, environment });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    await device.get("/session");
    const refused = [await device.get("/session"), await new Device(pair.url).signIn()];
    for (const answer of refused) assertProblem(answer, 429, "rate-limited");
    const ids = refused.map(({ body }) => body.requestId);
    const lines = () => pair.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    // A request's lines are written when its answer has been sent.
    await until(() => ids.every((id) => lines().some(({ requestId, msg }) => requestId === id && msg === "request")));
    await until(() => lines().some(({ audit, requestId }) => audit === "refused" && requestId === ids[1]));
    const told = lines().filter(({ audit }) => audit === "refused");
    assert.deepEqual(
      told.map(({ requestId, problem, agentId }) => [requestId, problem, agentId]),
      [[ids[1], "rate-limited", "1201"]],
    );
  });

  test("does not count what was refused for its form", async (context) => {
    const pair = await startPair({ simulator: SIMULATOR, environment: { SIGN_IN_LIMIT_PER_MINUTE: "1" } });
    context.after(() => pair.close());
    const device = new Device(pair.url);
    for (let count = 0; count < 3; count++) assert.equal((await device.signIn({ phoneNumber: "x" })).status, 400);
    assert.equal((await device.signIn()).status, 201);
  });

  test("believes a proxy's word on the address only where it trusts the proxy", async (context) => {
    const environment = { SIGN_IN_LIMIT_PER_MINUTE: "1", TOKEN_SECRET: "" };
    const [direct, behind] = [
      await startPair({ simulator: SIMULATOR, environment }),
      await startPair({ simulator: SIMULATOR, environment: { ...environment, TRUST_PROXY: "127.0.0.0/8" } }),
    ];
    context.after(() => Promise.all([direct.close(), behind.close()]));
    const signIn = (url: string, address: string) =>
      new Device(url).signIn({ password: "wrong" }).set("X-Forwarded-For", address);
    assert.equal((await signIn(direct.url, "198.51.100.1")).status, 401);
    assert.equal((await signIn(direct.url, "198.51.100.2")).status, 429);
    assert.equal((await signIn(behind.url, "198.51.100.1")).status, 401);
    assert.equal((await signIn(behind.url, "198.51.100.2")).status, 401);
    assert.equal((await signIn(behind.url, "198.51.100.1")).status, 429);
  });
});
