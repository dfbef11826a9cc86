import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import request from "supertest";
import { type FaultSpec, type Simulator, startSimulator } from "../../simulator/index.ts";
import { shippedTables } from "../../src/config/index.ts";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { startFaultyService } from "../support/faulty-store.ts";
import { startPair, startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;

/** What the contract with clients says of each code of the gateway, apart from the shipped table. */
const documented: readonly (readonly [code: string, status: number, retcodes: readonly string[]])[] = [
  ["session-expired", 401, ["000-003", "105-005", "105-006", "105-007"]],
  ["agent-not-signed-in", 401, ["100-006", "100-008"]],
  ["wrong-credentials", 401, ["100-004"]],
  ["not-an-inspector", 403, ["101-004"]],
  ["account-locked", 403, ["110-016"]],
  ["password-expired", 403, ["100-020"]],
  [
    "invalid-request",
    400,
    ["000-002", "000-006", "100-001", "100-005", "100-011", "100-012", "100-013", "100-014", "100-016"],
  ],
  ["agent-already-signed-in", 409, ["100-002"]],
  ["agent-not-forceable", 409, ["100-015"]],
  ["sign-in-in-progress", 409, ["100-021"]],
  ["agent-busy", 409, ["100-009", "100-010"]],
  ["not-in-a-conference", 409, ["101-001"]],
  ["not-the-chair", 403, ["101-002"]],
  ["already-in-a-conference", 409, ["101-003"]],
  ["chair-cannot", 409, ["101-005", "101-006", "101-007"]],
  [
    "operation-refused",
    409,
    [...numbered("200", 26), ...numbered("300", 4), ...numbered("400", 3), ...numbered("900", 9)],
  ],
  ["rate-limited", 429, ["000-007"]],
  ["gateway-error", 502, ["100-007", "100-017", "999-999", "1234"]],
  ["gateway-switching-over", 503, ["000-004", "105-001", "105-002", "105-003", "105-004"]],
  ["gateway-unavailable", 503, ["100-003"]],
];

function numbered(family: string, last: number): string[] {
  return Array.from({ length: last }, (_, before) => `${family}-${String(before + 1).padStart(3, "0")}`);
}

/** The codes that end the session at once, by the gateway's own word. */
const ending = new Set(["100-006", "100-008", "105-005", "105-006", "105-007"]);

describe("the gateway's codes", () => {
  let pair: Pair;
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 200 } });
  });
  beforeEach(() => pair.simulator.control.clearFaults());
  after(() => pair.close());

  test("are all documented", () => {
    const known = documented.flatMap(([, , retcodes]) => retcodes);
    for (const [retcode, { problem, status }] of shippedTables().retcodes) {
      assert.ok(known.includes(retcode), retcode);
      const [code, documentedStatus] = documented.find(([, , retcodes]) => retcodes.includes(retcode)) ?? [];
      assert.deepEqual([problem, status], [code, documentedStatus], retcode);
    }
  });

  for (const [code, status, retcodes] of documented) {
    test(`${retcodes.join(", ")} of a conference query is ${status} ${code}`, async () => {
      const { control } = pair.simulator;
      for (const retcode of retcodes) {
        const device = new Device(pair.url, { sub: "user-1", sid: `codes-${retcode}` });
        assert.ok((await device.signIn()).status < 300);
        const message = "10.1.2.3 secret-message C:\\gateway\\Login.java";
        const fault = control.addFault({ kind: "retcode", retcode, message, on: "queryvdnconfid" });
        const answer = await device.get("/conferences");
        // One refusal of a Guid, or two, are no verdict yet.
        const isMoment = retcode === "000-003";
        if (isMoment) assertProblem(answer, 503, "gateway-switching-over");
        else assertProblem(answer, status, code);
        assert.equal(answer.body.retcode, retcode);
        assert.doesNotMatch(answer.text, /10\.1\.2\.3|secret|Login/);
        const rereads = isMoment || shippedTables().retcodes.get(retcode)?.retry === true;
        if (!ending.has(retcode)) assert.equal(control.faults()[0]?.played, rereads ? 2 : 1, retcode);
        fault.clear();
        const after = await device.get("/conferences");
        if (ending.has(retcode)) assertProblem(after, 401, "session-not-found");
        else assert.equal(after.status, 200, `${retcode} ends nothing`);
        if (ending.has(retcode)) control.kick("1201");
        else assert.equal((await device.delete("/session")).status, 204);
      }
    });

    test(`${retcodes.join(", ")} of a sign-in is ${status} ${code}`, async () => {
      const { control } = pair.simulator;
      const insider = await signedInDevice(pair.url, { sub: "insider" }, { agentId: "1204", force: true });
      for (const retcode of retcodes) {
        for (const force of [false, true]) {
          const device = new Device(pair.url);
          control.addFault({ kind: "retcode", retcode, message: "secret-message", on: ["sign-in", "forcelogin"] });
          const answer = await device.signIn({ agentId: "1204", force });
          assertProblem(answer, status, code);
          assert.equal(answer.body.retcode, retcode);
          assert.doesNotMatch(answer.text, /secret/);
          assert.equal(control.faults()[0]?.played, 1, "a sign-in is never tried again");
          control.clearFaults();
          assertProblem(await device.get("/session"), 401, "session-not-found");
          assert.equal((await insider.get("/conferences")).status, 200, "and changes nothing for who is in");
        }
      }
      assert.equal((await insider.delete("/session")).status, 204);
    });
  }

  test("an unknown one is logged once and counted", async () => {
    const { control } = pair.simulator;
    const device = await signedInDevice(pair.url, { sub: "user-9" }, { agentId: "1301" });
    control.addFault({ kind: "retcode", retcode: "777-777", on: "queryvdnconfid" });
    for (let count = 0; count < 3; count++) assertProblem(await device.get("/conferences"), 502, "gateway-error");
    const lines = pair.logged.filter((line) => line.includes("does not have") && line.includes("777-777"));
    assert.equal(lines.length, 1);
  });
});

describe("faults on the way to the gateway", () => {
  let simulator: Simulator;
  let service: TestService;
  let device: Device;
  before(async () => {
    simulator = await startSimulator({ pollHoldMs: 200 });
  });
  // One for each, or the circuit breaker would remember the one before.
  beforeEach(async () => {
    service = await startTestService(simulator.url, { environment: { GATEWAY_TIMEOUT_MS: "400" } });
    device = await signedInDevice(service.url, {}, { force: true });
  });
  afterEach(async () => {
    simulator.control.clearFaults();
    await service.close();
  });
  after(() => simulator.close());

  const faults: readonly (readonly [name: string, fault: Omit<FaultSpec, "on">, status: number, code: string])[] = [
    ["a hanging gateway", { kind: "hang" }, 504, "gateway-timeout"],
    ["an answer that drips", { kind: "drip", everyMs: 50 }, 504, "gateway-timeout"],
    ["an answer that is too late", { kind: "delay", delayMs: 700 }, 504, "gateway-timeout"],
    ["an answer that is cut off", { kind: "cut" }, 502, "gateway-bad-response"],
    ["a connection that is reset", { kind: "reset" }, 502, "gateway-unreachable"],
    ["a page", { kind: "html" }, 502, "gateway-bad-response"],
    ["an empty answer", { kind: "empty" }, 502, "gateway-bad-response"],
    ["a huge answer", { kind: "huge" }, 502, "gateway-bad-response"],
    ["a redirect", { kind: "redirect", location: "http://127.0.0.1:1/elsewhere" }, 502, "gateway-bad-response"],
    ["JSON of another shape", { kind: "shape" }, 502, "gateway-bad-response"],
    ["what is almost JSON", { kind: "invalid-json" }, 502, "gateway-bad-response"],
    ["HTTP 500", { kind: "status", status: 500 }, 502, "gateway-bad-response"],
    ["HTTP 404", { kind: "status", status: 404 }, 502, "gateway-bad-response"],
    ["HTTP 401", { kind: "status", status: 401 }, 502, "gateway-bad-response"],
    ["HTTP 503", { kind: "status", status: 503 }, 503, "gateway-unavailable"],
  ];

  for (const [name, fault, status, code] of faults) {
    test(`${name}: ${status} ${code}, within the deadline, and the session stays`, async () => {
      const { control } = simulator;
      control.addFault({ ...fault, on: ["queryvdnconfid", "queryconfinfos", "sign-in", "forcelogin"] });
      for (const path of ["/conferences", "/conferences/355840"]) {
        const began = performance.now();
        const answer = await device.get(path);
        assert.ok(performance.now() - began < 1_000);
        assertProblem(answer, status, code);
        assert.equal(answer.body.retcode, undefined);
        assert.doesNotMatch(answer.text, /127\.0\.0\.1|node_modules|html/i);
      }
      const other = new Device(service.url, { sub: "other" });
      assertProblem(await other.signIn({ agentId: "1204", force: true }), status, code);
      control.clearFaults();
      assertProblem(await other.get("/session"), 401, "session-not-found");
      assert.equal((await device.get("/conferences")).status, 200);
    });
  }

  test("a read that is reset before any answer is tried once more, and nobody sees it", async () => {
    simulator.control.addFault({ kind: "reset", on: ["queryvdnconfid", "queryconfinfos"], times: 1 });
    assert.equal((await device.get("/conferences")).status, 200);
  });
});

test("a gateway that refuses connections is gateway-unreachable", async (context) => {
  const simulator = await startSimulator({ pollHoldMs: 200, controlPort: 0 });
  context.after(() => simulator.close());
  const service = await startTestService(simulator.url);
  context.after(() => service.close());
  const device = await signedInDevice(service.url);
  await simulator.control.down();
  assertProblem(await device.get("/conferences"), 502, "gateway-unreachable");
  assertProblem(await new Device(service.url).signIn({ agentId: "1204" }), 502, "gateway-unreachable");
  await simulator.control.up();
  assert.equal((await device.get("/conferences")).status, 200);
});

test("a gateway whose name is not found, or that speaks no TLS, is gateway-unreachable", async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined).end("no TLS"));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : 0;
  for (const gatewayUrl of ["http://no-such-host.invalid/agentgateway/resource", `https://127.0.0.1:${port}/x`]) {
    const service = await startTestService(gatewayUrl);
    const answer = await new Device(service.url).signIn();
    assertProblem(answer, 502, "gateway-unreachable");
    assert.doesNotMatch(answer.text, /invalid\/|127\.0/);
    await service.close();
  }
  silent.close();
});

test("a gateway that keeps failing is left alone for a while: gateway-unavailable, and then tried again", async (context) => {
  const pair = await startPair({ simulator: { pollHoldMs: 200 }, environment: { GATEWAY_TIMEOUT_MS: "2000" } });
  context.after(() => pair.close());
  const { control } = pair.simulator;
  const device = await signedInDevice(pair.url);
  const fault = control.addFault({ kind: "status", status: 500, on: "queryvdnconfid" });
  let refused: request.Response | undefined;
  for (let count = 0; count < 60 && refused === undefined; count++) {
    const answer = await device.get("/conferences");
    if (answer.status === 503) refused = answer;
    else assertProblem(answer, 502, "gateway-bad-response");
  }
  assert.ok(refused !== undefined);
  assertProblem(refused, 503, "gateway-unavailable");
  const asked = control.faults()[0]?.played ?? 0;
  assert.equal(asked, 18, "with the sign-in's two calls the twentieth");
  assertProblem(await device.get("/conferences"), 503, "gateway-unavailable");
  assert.equal(control.faults()[0]?.played, asked, "the gateway is not asked");
  assert.equal((await device.get("/session")).status, 200, "what needs no gateway works");
  fault.clear();
  await until(async () => (await device.get("/conferences")).status === 200);
  assert.equal((await device.get("/conferences")).status, 200);
});

test("more calls than the gateway may get wait a little, and then are gateway-unavailable", async (context) => {
  const pair = await startPair({
    simulator: { pollHoldMs: 200, agents: 12 },
    environment: { GATEWAY_MAX_CONCURRENCY: "2", GATEWAY_TIMEOUT_MS: "3000" },
  });
  context.after(() => pair.close());
  const devices: Device[] = [];
  for (let place = 0; place < 12; place++) {
    devices.push(await signedInDevice(pair.url, { sub: `user-${place}` }, { agentId: String(20_001 + place) }));
  }
  pair.simulator.control.addFault({ kind: "delay", delayMs: 300, on: "queryvdnconfid" });
  const answers = await Promise.all(devices.map((device) => device.get("/conferences")));
  const good = answers.filter(({ status }) => status === 200).length;
  assert.ok(good >= 2, `${good} answers`);
  for (const answer of answers) if (answer.status !== 200) assertProblem(answer, 503, "gateway-unavailable");
  assert.ok(good < answers.length);
});

test("a store that is away is session-store-unavailable, and nothing is lost", async (context) => {
  const simulator = await startSimulator({ pollHoldMs: 200 });
  context.after(() => simulator.close());
  const service = await startFaultyService(simulator.url);
  context.after(() => service.close());
  const device = await signedInDevice(service.url);
  const ready = await request(service.url).get("/readyz");
  assert.equal(ready.status, 200);
  service.store.fail();
  for (const path of ["/conferences", "/conferences/355840", "/conferences/stream", "/session", "/session/events"]) {
    assertProblem(await device.get(path), 503, "session-store-unavailable");
  }
  // The store is read once a second at most, however often readiness is asked for.
  await until(async () => (await request(service.url).get("/readyz")).status === 503);
  assertProblem(await request(service.url).get("/readyz"), 503, "session-store-unavailable");
  assert.equal((await request(service.url).get("/livez")).status, 200);
  for (const operation of ["subscribe", "getAgent"] as const) {
    service.store.fail(operation);
    assertProblem(await device.get("/conferences/stream"), 503, "session-store-unavailable");
  }
  service.store.recover();
  assert.equal((await device.get("/conferences")).status, 200);
});
