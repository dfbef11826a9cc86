import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { shippedTables } from "../../src/config/index.ts";
import { type Device, signedInDevice } from "../support/device.ts";
import { startPair, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

const rows = shippedTables().operations;
const inspections = [...rows].filter(([, { family }]) => family === "qualitycontrol").map(([name]) => name);

const INSPECTOR = "1201";
const AGENT = "1202";
const CALL_DATA = "customer 4711, unlisted";
/** Past 2^53. */
const LONG = "9007199254740993";

type Pair = Awaited<ReturnType<typeof startPair>>;

describe("an agent's other operations, each against the simulator", () => {
  let pair: Pair;
  let agent: Device;
  let inspector: Device;
  const worked = new Set<string>();

  before(async () => {
    pair = await startPair({
      simulator: { changeMs: 1, phoneAnswerMs: 1, conferences: [] },
      environment: { AGENT_OPERATIONS: ["all", ...inspections].join(",") },
    });
    agent = await signedInDevice(pair.url, { sub: "user-1" }, { agentId: AGENT, agentState: "idle" });
    inspector = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: INSPECTOR, agentState: "idle" });
  });
  after(() => pair?.close());

  /** The result of an operation that the gateway takes. */
  async function asked(device: Device, operation: string, fields?: object): Promise<unknown> {
    const { status, body } = await sent(device, operation, fields);
    assert.equal(status, 200, `${operation}: ${JSON.stringify(body)}`);
    worked.add(operation);
    return body.result;
  }
  const sent = (device: Device, operation: string, fields?: object) => {
    const call = device.send("post", `/agent/${operation}`);
    return fields === undefined ? call : call.send(fields);
  };
  const stateOf = (agentId: string): number => pair.simulator.control.agent(agentId).state;
  const taken = (device: Device, operation: string, fields?: object) =>
    until(async () => (await sent(device, operation, fields)).status === 200).then(() => worked.add(operation));

  test("its state goes from one to the other", async () => {
    assert.equal(stateOf(AGENT), 4);
    assert.deepEqual(await asked(agent, "saybusy"), {});
    assert.equal(stateOf(AGENT), 3);
    await asked(agent, "saybusy", { reason: 200, prolong: true });
    await asked(agent, "cancelbusy", {});
    assert.equal(stateOf(AGENT), 4);
    await asked(agent, "work");
    assert.equal(stateOf(AGENT), 5);
    await asked(agent, "cancelwork");
    await asked(agent, "saybusy", { reason: 0 });
    await asked(agent, "sayfree");
    assert.equal(stateOf(AGENT), 4);
    await asked(agent, "rest", { time: 86_399, restcause: 0, prolong: false });
    await until(() => stateOf(AGENT) === 8);
    await asked(agent, "cancelrest");
    await asked(agent, "autoenteridle", { flag: "true" });
    await asked(agent, "resetskill", { autoflag: "false", skillid: "1;2", phonelinkage: 0 });
    assert.deepEqual(await asked(agent, "agentstatus"), { agentState: 4, isWorking: false });
  });

  test("it dials, holds, swaps, joins and hangs up, and the data of its calls come back as they were", async () => {
    const first = await asked(agent, "callout", { called: "70005", callappdata: CALL_DATA, mediaability: 0 });
    assert.match(String(first), /^[0-9]+-[0-9]+$/);
    assert.equal(await asked(agent, "appdata", { callId: first }), CALL_DATA);
    await taken(agent, "hold");
    await asked(agent, "setcalldataex", { callid: first, calldata: `${CALL_DATA} ✓`, isDataEncoded: false });
    assert.equal(await asked(agent, "appdata", { callId: first, isEncodeResult: false }), `${CALL_DATA} ✓`);
    await asked(agent, "setcalldata", { callid: first, calldata: `${CALL_DATA} & more` });
    assert.equal(await asked(agent, "appdata", { callId: first }), `${CALL_DATA} & more`);
    const second = await asked(agent, "callout", { called: "*70006#" });
    await taken(agent, "connecthold", { callid: first });
    await asked(agent, "hold");
    await asked(agent, "gethold", { callid: first });
    await asked(agent, "confjoin", { callid: second });
    await asked(agent, "disconnect", { number: "*70006#" });
    await asked(agent, "release");
    pair.simulator.control.ring(AGENT, "70009");
    await asked(agent, "answer");
  });

  test("an inspector listens, barges in, whispers, takes over, and signs another agent out", async () => {
    await asked(inspector, "addsupervise", { workNo: AGENT });
    await asked(inspector, "switch", { workNo: AGENT });
    await asked(inspector, "requestswitchinsertwhisperagent", { whisperagentid: AGENT, switchtype: 2 });
    await asked(inspector, "stopsupervise", { workNo: AGENT });
    await asked(inspector, "cancelwork");
    await asked(inspector, "requestwhisperagent", { whisperagentid: AGENT });
    await asked(inspector, "requeststopwhisperagent", { whisperagentid: AGENT });
    await asked(inspector, "addinsert", { workNo: AGENT });
    await asked(inspector, "intercept", { workNo: AGENT });
    await asked(inspector, "forcebusy", { workNo: AGENT });
    const own = await sent(inspector, "forcelogout", { workNo: INSPECTOR });
    assert.deepEqual([own.status, own.body.errors], [400, [{ path: "workNo", message: "must be another agent" }]]);
    await asked(inspector, "forcelogout", { workNo: AGENT });
    assert.equal(pair.simulator.control.agent(AGENT).signedIn, false);
    await until(async () => (await agent.get("/session")).status === 401);
  });

  test("every row of the table was asked, and the gateway found nothing odd", () => {
    assert.deepEqual(
      [...rows.keys()].filter((name) => !worked.has(name)),
      [],
    );
    assert.equal(pair.simulator.control.violations().total, 0, JSON.stringify(pair.simulator.control.violations()));
  });

  test("each change is in the audit trail with whom it was about, and call data are nowhere in the log", () => {
    const lines = pair.logged.map((line) => JSON.parse(line)).filter(({ audit }) => audit === "operation");
    const named = new Set(lines.map(({ operation }) => operation));
    assert.deepEqual(named, new Set([...rows].filter(([, { read }]) => !read).map(([name]) => name)));
    const last = lines.at(-1);
    assert.deepEqual(
      [last.operation, last.outcome, last.agentId, last.subject, last.fields],
      ["forcelogout", "done", INSPECTOR, "user-2", { workNo: AGENT }],
    );
    const all = pair.logged.join("\n");
    for (const secret of [CALL_DATA, "unlisted", "70005", "70006"]) assert.ok(!all.includes(secret), secret);
  });

  test("a retcode is a problem that says that nothing was done", async () => {
    const { status, body } = await sent(inspector, "answer");
    assert.deepEqual(
      [status, body.code, body.retcode, body.outcome],
      [409, "operation-refused", "200-002", "not-done"],
    );
    const line = pair.logged.map((text) => JSON.parse(text)).findLast(({ audit }) => audit === "operation");
    assert.deepEqual([line.operation, line.outcome, line.retcode], ["answer", "not-done", "200-002"]);
  });

  test("long numbers of a result leave as text, exact to the digit", async () => {
    const { control } = pair.simulator;
    const body = `{"retcode":"0","result":{"callid":${LONG},"list":[${LONG},12],"none":null}}`;
    const fault = control.addFault({ kind: "shape", on: "appdata", body, times: 1 });
    const result = await asked(inspector, "appdata");
    fault.clear();
    assert.deepEqual(result, { callid: LONG, list: [LONG, 12], none: null });
  });

  test("a change is sent once, and what became of it is told; what only reads is asked again", async () => {
    const { control } = pair.simulator;
    const calls = (name: "saybusy" | "agentstatus") => control.state().calls[name];
    for (const [kind, worked] of [
      ["reset", true],
      ["cut", true],
    ] as const) {
      const before = calls("saybusy");
      const fault = control.addFault({ kind, on: "saybusy", worked });
      const { status, body } = await sent(inspector, "saybusy", { reason: 0, prolong: true });
      fault.clear();
      assert.deepEqual([status >= 500, body.outcome, calls("saybusy") - before], [true, "unknown", 1], kind);
      assert.match(body.detail, /Whether it was carried out is not known\.$/);
    }
    const fault = control.addFault({ kind: "reset", on: "agentstatus", times: 1 });
    const before = calls("agentstatus");
    await asked(inspector, "agentstatus");
    fault.clear();
    assert.equal(calls("agentstatus") - before, 2);
  });

  test("a rotated Guid is not seen: the refused call was not done, and goes out with the newest", async () => {
    const { control } = pair.simulator;
    const fault = control.addFault({ kind: "retcode", retcode: "000-003", on: "saybusy", times: 1 });
    const { status, body } = await sent(inspector, "saybusy", { reason: 0, prolong: true });
    fault.clear();
    assert.equal(status, 200, JSON.stringify(body));
    control.addFault({ kind: "retcode", retcode: "000-003", on: "saybusy", times: 2 });
    const refused = await sent(inspector, "saybusy", { reason: 0, prolong: true });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.outcome],
      [503, "gateway-switching-over", "not-done"],
    );
    control.clearFaults();
  });
});

describe("an operation that nobody named", () => {
  let service: TestService & { close(): Promise<void> };
  before(async () => {
    service = await startPair({
      environment: { AGENT_OPERATIONS: "saybusy,agentstatus", RATE_LIMIT_PER_MINUTE: "12" },
    });
  });
  after(() => service?.close());

  test("is not there, for nobody, and what is named is there by POST alone", async () => {
    const device = await signedInDevice(service.url);
    for (const name of ["sayfree", "addsupervise", "logout", "updateGuid", "", "saybusy/", "SAYBUSY", "%2e%2e"]) {
      const { status, body } = await device.send("post", `/agent/${name}`).unset("Authorization");
      assert.deepEqual([status, body.code], [404, "not-found"], name);
    }
    const other = await device.get("/agent/saybusy");
    assert.deepEqual([other.status, other.headers.allow], [405, "POST, OPTIONS"]);
    const nobody = await device.send("post", "/agent/saybusy").unset("Authorization").send({ nonsense: 1 });
    assert.deepEqual([nobody.status, nobody.body.code], [401, "token-missing"]);
  });

  test("what a row does not know or allow is refused by its path, before the gateway is asked", async () => {
    const device = await signedInDevice(service.url, { sub: "user-1" }, { force: true });
    const wrong: [fields: unknown, paths: string[]][] = [
      [{ agentId: "1202" }, ["agentId"]],
      [{ guid: "x", reason: 7 }, ["guid", "reason"]],
      [{ reason: "200" }, ["reason"]],
      [{ reason: 200.5 }, ["reason"]],
      [{ reason: 251 }, ["reason"]],
      [{ prolong: "true" }, ["prolong"]],
      [{ reason: null }, ["reason"]],
      [[], [""]],
      ["text", [""]],
    ];
    for (const [fields, paths] of wrong) {
      const { status, body } = await device.send("post", "/agent/saybusy").type("json").send(JSON.stringify(fields));
      assert.equal(status, 400, JSON.stringify(fields));
      assert.deepEqual(body.errors.map(({ path }: { path: string }) => path).toSorted(), paths.toSorted());
    }
  });

  test("the limit of a session counts them too", async () => {
    const device = await signedInDevice(service.url, { sub: "user-1" });
    const statuses: number[] = [];
    for (let i = 0; i < 13; i += 1) statuses.push((await device.send("post", "/agent/agentstatus")).status);
    assert.deepEqual(statuses, [...Array<number>(12).fill(200), 429]);
  });

  test("the OpenAPI document has a path for each that is served, with the row's fields, and no other", async () => {
    const { paths, tags } = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Record<string, { post: Record<string, unknown> }>;
      tags: { name: string }[];
    };
    const mine = Object.keys(paths).filter((path) => path.startsWith("/agent/"));
    assert.deepEqual(mine, ["/agent/saybusy", "/agent/agentstatus"]);
    const busy = JSON.stringify(paths["/agent/saybusy"]?.post);
    for (const part of ['"maximum":250', '"reason"', '"prolong"', '"const":0', '"required":false', "page 1211"]) {
      assert.ok(busy.includes(part), `${part} in ${busy.slice(0, 600)}`);
    }
    assert.ok(tags.some(({ name }) => name === "agent"));
  });
});
