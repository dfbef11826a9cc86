import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import request, { type Response } from "supertest";
import { startSimulator } from "../../simulator/index.ts";
import { createTokenIssuer } from "../../src/tokens/index.ts";
import { assertProblem, Device, signedInDevice, signInBody } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startFaultyService } from "../support/faulty-store.ts";
import { answerJson } from "../support/raw-gateway.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { ownSecret, serviceToken, startPair, startTestService } from "../support/service.ts";

const quick = { simulator: { pollHoldMs: 200 } };

/** Everybody out, as before the first sign-in. */
async function clear(url: string, token = serviceToken()): Promise<void> {
  const answer = await request(url).get("/sessions").set("Authorization", `Bearer ${token}`);
  for (const { sessionId } of answer.body.sessions as { sessionId: string }[]) {
    const path = `/sessions/${encodeURIComponent(sessionId)}`;
    await request(url).delete(path).set("Authorization", `Bearer ${token}`).expect(204);
  }
}

const ownServiceToken = createTokenIssuer(ownSecret, { now: Date.now }).issue({
  subject: "portal",
  scope: "sessions:write",
  expiresAt: Date.now() + 600_000,
});

describe("signing in with a token of the apps' issuer", async () => {
  const pair = await startPair(quick);
  const { control } = pair.simulator;
  beforeEach(() => control.clearCounters());
  afterEach(async () => {
    control.clearFaults();
    await clear(pair.url);
    assert.deepEqual(control.violations().recent, []);
  });
  after(() => pair.close());

  const gatewaySignIns = (): number => control.state().calls["sign-in"] + control.state().calls.forcelogin;

  test("answers 201 with the session and without a token", async () => {
    const device = new Device(pair.url);
    const answer = await device.signIn();
    assert.equal(answer.status, 201);
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(answer.headers["set-cookie"], undefined);
    const { expiresAt, passwordDaysLeft, ...rest } = answer.body;
    assert.deepEqual(rest, { agentId: "1201", vdnId: "1", inspector: true, state: "active" });
    assert.ok(Number.isInteger(passwordDaysLeft) || passwordDaysLeft === null);
    const inMs = Date.parse(expiresAt) - Date.now();
    assert.ok(inMs > 29 * 60_000 && inMs <= 30 * 60_000);
    const read = await device.get("/session");
    assert.deepEqual(read.body, { ...rest, expiresAt });
    assert.equal(read.headers["cache-control"], "no-store");
  });

  test("the same call again answers 200 with the session, and leaves the gateway alone", async () => {
    const device = await signedInDevice(pair.url);
    const again = await device.signIn();
    assert.deepEqual([again.status, again.body.agentId, again.body.vdnId], [200, "1201", "1"]);
    assert.equal(gatewaySignIns(), 1);
  });

  test("the same call again by force signs in anew at the gateway, and the session lives on", async () => {
    const device = await signedInDevice(pair.url);
    const again = await device.signIn({ force: true });
    assert.equal(again.status, 200);
    assert.equal(control.state().calls.forcelogin, 1);
    assert.equal((await device.get("/conferences")).status, 200);
  });

  test("another device of the same subject joins without a new sign-in", async () => {
    const phone = await signedInDevice(pair.url);
    const tablet = new Device(pair.url);
    const answer = await tablet.signIn();
    assert.deepEqual([answer.status, answer.body.agentId], [201, "1201"]);
    assert.equal(gatewaySignIns(), 1);
    for (const device of [phone, tablet]) assert.equal((await device.get("/conferences")).status, 200);
  });

  test("another subject gets 409 while the agent is signed in, and nobody is disturbed", async () => {
    const first = await signedInDevice(pair.url);
    const other = new Device(pair.url, { sub: "user-2" });
    const answer = await other.signIn();
    assertProblem(answer, 409, "agent-already-signed-in");
    assert.equal(answer.body.retcode, "100-002");
    assertProblem(await other.get("/session"), 401, "session-not-found");
    assert.equal((await first.get("/conferences")).status, 200);
  });

  test("another subject by force pushes out every device of the one before, at once", async () => {
    const first = await signedInDevice(pair.url);
    const second = await signedInDevice(pair.url);
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${first.token}`,
    });
    await stream.next("conferences");
    const other = new Device(pair.url, { sub: "user-2" });
    assert.equal((await other.signIn({ force: true })).status, 201);
    assert.deepEqual((await stream.next("session-ended")).data, { reason: "forced-out" });
    for (const device of [first, second]) {
      assertProblem(await device.get("/conferences"), 401, "session-not-found");
      assertProblem(await device.get("/session"), 401, "session-not-found");
    }
    assert.equal((await other.get("/conferences")).status, 200);
  });

  test("force with a wrong password pushes nobody out", async () => {
    const first = await signedInDevice(pair.url);
    const other = new Device(pair.url, { sub: "user-2" });
    assertProblem(await other.signIn({ force: true, password: "wrong" }), 401, "wrong-credentials");
    assert.equal((await first.get("/conferences")).status, 200);
  });

  test("an agent signed in elsewhere is 409 until force, and one who cannot be forced out stays 409", async () => {
    control.signIn("1204");
    const device = new Device(pair.url);
    assertProblem(await device.signIn({ agentId: "1204" }), 409, "agent-already-signed-in");
    assert.equal((await device.signIn({ agentId: "1204", force: true })).status, 201);
    control.signIn("1206");
    assertProblem(await device.signIn({ agentId: "1206", force: true }), 409, "agent-not-forceable");
    assert.equal((await device.get("/session")).body.agentId, "1204", "the refused sign-in changed nothing");
    control.kick("1206");
  });

  test("a refused sign-in says why by the gateway's code", async () => {
    for (const [fields, status, code, retcode] of [
      [{ password: "wrong" }, 401, "wrong-credentials", "100-004"],
      [{ agentId: "4711" }, 401, "wrong-credentials", "100-004"],
      [{ agentId: "1205" }, 403, "account-locked", "110-016"],
      [{ agentId: "1207" }, 403, "password-expired", "100-020"],
    ] as const) {
      const device = new Device(pair.url);
      const answer = await device.signIn(fields);
      assertProblem(answer, status, code);
      assert.equal(answer.body.retcode, retcode);
      assertProblem(await device.get("/session"), 401, "session-not-found");
    }
  });

  test("an agent who has to change the password is signed out again", async () => {
    const device = new Device(pair.url);
    assertProblem(await device.signIn({ agentId: "1208" }), 403, "password-expired");
    assert.equal(control.agent("1208").signedIn, false);
    assertProblem(await device.get("/session"), 401, "session-not-found");
  });

  test("an empty password is a password, and one that never expires has null days left", async () => {
    const answer = await new Device(pair.url).signIn({ agentId: "1210", password: "" });
    assert.deepEqual([answer.status, answer.body.passwordDaysLeft], [201, null]);
  });

  test("a device that signs in as another agent leaves the one before, who is signed out", async () => {
    const device = await signedInDevice(pair.url);
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${device.token}`,
    });
    await stream.next("conferences");
    assert.equal((await device.signIn({ agentId: "1204" })).status, 201);
    assert.equal((await device.get("/session")).body.agentId, "1204");
    assert.equal(control.agent("1201").signedIn, false);
    assert.deepEqual((await stream.next("session-ended")).data, { reason: "replaced" });
  });

  test("a site without iscensor tells with the first query who is an inspector", async () => {
    control.configure({ iscensor: false });
    try {
      const device = new Device(pair.url);
      assert.equal((await device.signIn()).body.inspector, null);
      await device.get("/conferences");
      assert.equal((await device.get("/session")).body.inspector, true);
    } finally {
      control.configure({ iscensor: true });
    }
  });

  test("status busy goes to the gateway, so that no call is given to an inspector", async () => {
    await signedInDevice(pair.url);
    const device = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: "1204" });
    const events = await EventStreamReader.open(`${pair.url}/session/events`, {
      authorization: `Bearer ${device.token}`,
      "last-event-id": "0",
    });
    let type = "";
    for (let count = 0; count < 3; count++) {
      type = ((await events.next("gateway-event")).data as { type: string }).type;
    }
    assert.equal(type, "AgentState_SetNotReady_Success");
    events.close();
  });

  test("many sign-ins of one agent at once never overlap at the gateway", async () => {
    control.addFault({ kind: "delay", delayMs: 15, on: ["sign-in", "forcelogin", "logout"] });
    const devices = Array.from({ length: 12 }, (_, place) => new Device(pair.url, { sub: `user-${place % 3}` }));
    const answers = await Promise.all(devices.map((device, place) => device.signIn({ force: place % 4 === 0 })));
    for (const { status } of answers) assert.ok([200, 201, 409].includes(status), String(status));
    assert.ok(answers.some(({ status }) => status === 201));
    const living = await Promise.all(devices.map((device) => device.get("/session")));
    const subjects = new Set(living.flatMap(({ status }, place) => (status === 200 ? [place % 3] : [])));
    assert.equal(subjects.size, 1, "one subject at a time holds the agent");
    assert.equal(control.violations().counts.overlappingSignIn, 0);
  });

  test("sign-ins and sign-outs of one agent at once never overlap at the gateway", async () => {
    control.addFault({ kind: "delay", delayMs: 10, on: ["sign-in", "forcelogin", "logout"] });
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const device = new Device(pair.url);
        for (let round = 0; round < 3; round++) {
          const { status } = await device.signIn();
          assert.ok(status === 200 || status === 201, String(status));
          assert.equal((await device.delete("/session")).status, 204);
        }
      }),
    );
    assert.equal(control.violations().counts.overlappingSignIn, 0);
    assert.equal(control.agent("1201").signedIn, false);
  });

  test("bad fields are 400, each named by its path", async () => {
    const cases: [object, string][] = [
      [{ agentId: "100" }, "agentId"],
      [{ agentId: "1000000" }, "agentId"],
      [{ agentId: "01201" }, "agentId"],
      [{ agentId: "1201\r\n" }, "agentId"],
      [{ agentId: " 1201" }, "agentId"],
      [{ agentId: 1201 }, "agentId"],
      [{ agentId: null }, "agentId"],
      [{ agentId: undefined }, "agentId"],
      [{ agentId: "../1201" }, "agentId"],
      [{ password: "x".repeat(33) }, "password"],
      [{ password: "a\nb" }, "password"],
      [{ password: 5 }, "password"],
      [{ password: undefined }, "password"],
      [{ phoneNumber: "" }, "phoneNumber"],
      [{ phoneNumber: "1".repeat(25) }, "phoneNumber"],
      [{ phoneNumber: "+49" }, "phoneNumber"],
      [{ phoneNumber: "4003\n" }, "phoneNumber"],
      [{ phoneNumber: 40038 }, "phoneNumber"],
      [{ phoneNumber: undefined }, "phoneNumber"],
      [{ force: "true" }, "force"],
      [{ force: null }, "force"],
      [{ delivery: "header" }, "delivery"],
    ];
    const device = new Device(pair.url);
    for (const [fields, path] of cases) {
      const answer = await device.send("post", "/session").send({ ...signInBody(), ...fields });
      assertProblem(answer, 400, "invalid-request");
      assert.deepEqual(
        answer.body.errors.map((error: { path: string }) => error.path),
        [path],
        JSON.stringify(fields),
      );
    }
    assert.equal(gatewaySignIns(), 0);
  });

  test("a token without a session claim cannot be bound", async () => {
    assertProblem(await new Device(pair.url, { sid: undefined }).signIn(), 401, "token-invalid");
  });

  test("no secret leaves the service", async () => {
    const device = new Device(pair.url);
    const answers: Response[] = [await device.signIn({ password: "secret-wrong" }), await device.signIn()];
    const { guid, cookie } = control.agent("1201");
    assert.ok(guid !== null && cookie !== null);
    answers.push(await device.get("/session"), await device.get("/conferences"));
    const told = [...answers.map(({ text, headers }) => text + JSON.stringify(headers)), ...pair.logged].join("\n");
    for (const secret of [guid, cookie, "secret-1201", "secret-wrong", device.token, ownSecret]) {
      assert.ok(!told.includes(secret));
    }
  });
});

describe("signing in where the service issues the tokens", async () => {
  const pair = await startPair({ ...quick, environment: { JWT_SECRET: "" } });
  const { control } = pair.simulator;
  beforeEach(() => control.clearCounters());
  afterEach(async () => {
    control.clearFaults();
    await clear(pair.url, ownServiceToken);
  });
  after(() => pair.close());

  const post = (fields: Parameters<typeof signInBody>[0] = {}) =>
    request(pair.url).post("/session").send(signInBody(fields));
  const get = (path: string, token: string) => request(pair.url).get(path).set("Authorization", `Bearer ${token}`);

  test("answers with a token in the body that opens the session", async () => {
    const answer = await post();
    assert.equal(answer.status, 201);
    assert.match(answer.body.token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(answer.headers["set-cookie"], undefined);
    assert.equal((await get("/conferences", answer.body.token)).status, 200);
    const claims = JSON.parse(Buffer.from(answer.body.token.split(".")[1], "base64url").toString());
    assert.equal(claims.iss, "conferences-bff");
    assert.ok(claims.exp * 1_000 <= Date.now() + 12 * 3_600_000);
    assert.ok(!JSON.stringify(claims).includes(control.agent("1201").guid ?? "-"));
  });

  test("as a cookie sets it for this host alone, out of reach of scripts, and leaves the token out", async () => {
    const answer = await post({ delivery: "cookie" }).set("X-CSRF", "1").set("Sec-Fetch-Site", "same-origin");
    assert.equal(answer.status, 201);
    assert.equal(answer.body.token, undefined);
    const [cookie = "", ...more] = answer.headers["set-cookie"] as unknown as string[];
    assert.equal(more.length, 0);
    const [pair0 = "", ...attributes] = cookie.split("; ");
    assert.match(pair0, /^__Host-session=[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.deepEqual(attributes.filter((one) => !one.startsWith("Max-Age=")).sort(), [
      "HttpOnly",
      "Path=/",
      "SameSite=Strict",
      "Secure",
    ]);
    assert.equal((await request(pair.url).get("/session").set("Cookie", pair0)).status, 200);
  });

  test("asks the gateway each time: signed in already is 409, and force decides", async () => {
    const first = await post();
    assertProblem(await post(), 409, "agent-already-signed-in");
    assertProblem(await post({ password: "wrong" }), 401, "wrong-credentials");
    assert.equal((await get("/conferences", first.body.token)).status, 200, "nothing has changed for who is in");
    const forced = await post({ force: true });
    assert.equal(forced.status, 201);
    assert.notEqual(forced.body.token, first.body.token);
    assert.equal((await get("/conferences", forced.body.token)).status, 200);
    assert.deepEqual([control.state().calls["sign-in"], control.state().calls.forcelogin], [3, 1]);
  });

  test("needs no token, and none that comes along matters", async () => {
    const answer = await post().set("Authorization", "Bearer nonsense");
    assert.equal(answer.status, 201);
  });

  test("a client that leaves before the answer leaves no session behind", async () => {
    control.addFault({ kind: "delay", delayMs: 200, on: "sign-in", times: 1 });
    await assert.rejects(post().timeout(80));
    for (let round = 0; round < 100 && !control.state().counters.signOuts; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(control.agent("1201").signedIn, false);
  });
});

describe("signing in where both issue tokens", async () => {
  const pair = await startPair(quick);
  const { control } = pair.simulator;
  after(() => pair.close());

  test("the own issuer proves nobody: no join, and by force the app's sessions end", async () => {
    const app = await signedInDevice(pair.url, { sub: "1201" });
    const own = (fields: object) => request(pair.url).post("/session").send(signInBody(fields));
    assertProblem(await own({}), 409, "agent-already-signed-in");
    const forced = await own({ force: true });
    assert.equal(forced.status, 201);
    assertProblem(await app.get("/session"), 401, "session-not-found");
    assertProblem(await app.signIn(), 409, "agent-already-signed-in");
    assert.equal((await app.signIn({ force: true })).status, 201);
    const ended = await request(pair.url).get("/session").set("Authorization", `Bearer ${forced.body.token}`);
    assertProblem(ended, 401, "session-not-found");
    assert.equal(control.violations().counts.overlappingSignIn, 0);
  });
});

describe("signing in while the store fails", async () => {
  const simulator = await startSimulator({ pollHoldMs: 200 });
  const service = await startFaultyService(simulator.url);
  const { control } = simulator;
  afterEach(() => {
    service.store.recover();
    control.clearCounters();
  });
  after(async () => {
    await service.close();
    await simulator.close();
  });

  test("before the gateway was asked: 503, and the gateway is not asked", async () => {
    service.store.fail();
    const device = new Device(service.url);
    assertProblem(await device.signIn(), 503, "session-store-unavailable");
    assert.equal(control.state().calls["sign-in"], 0);
  });

  test("after the gateway has let the agent in: 503, and the agent is signed out again", async () => {
    for (const operation of ["createAgent", "bindSession"] as const) {
      service.store.fail(operation);
      const device = new Device(service.url);
      assertProblem(await device.signIn(), 503, "session-store-unavailable");
      assert.equal(control.agent("1201").signedIn, false, operation);
      service.store.recover();
      assertProblem(await device.get("/session"), 401, "session-not-found");
      assert.equal((await device.signIn()).status, 201, "and the next try works");
      assert.equal((await device.get("/conferences")).status, 200);
      assert.equal((await device.delete("/session")).status, 204);
    }
  });

  test("a failure to tell others does not undo it", async () => {
    service.store.fail("publish");
    const device = new Device(service.url);
    assert.equal((await device.signIn()).status, 201);
    service.store.recover();
    assert.equal((await device.get("/session")).status, 200);
    assert.equal((await device.delete("/session")).status, 204);
  });
});

describe("a sign-in that the gateway granted", async () => {
  const gateway = await startScriptedGateway();
  const service = await startTestService(gateway.url);
  after(async () => {
    await service.close();
    await gateway.close();
  });

  test("in an answer that cannot be used is taken back, with the Guid of that answer", async () => {
    const headers = { "Set-GUID": "JSESSIONID=granted.AgentGateway0" };
    gateway.script({ "sign-in": answerJson({ message: "", retcode: "0", result: { vdnid: "?" } }, headers) });
    assertProblem(await new Device(service.url).signIn(), 502, "gateway-bad-response");
    const last = gateway.requests.at(-1);
    assert.deepEqual([last?.method, last?.headers.guid], ["DELETE", "granted.AgentGateway0"]);
  });

  test("not at all, but with a Guid on the refusal, has nothing to take back", async () => {
    const before = gateway.requests.length;
    const headers = { "Set-GUID": "JSESSIONID=refused.AgentGateway0" };
    gateway.script({ "sign-in": answerJson({ message: "", retcode: "100-001" }, headers) });
    assert.equal((await new Device(service.url).signIn()).status >= 400, true);
    assert.equal(gateway.requests.length, before + 1);
  });
});
