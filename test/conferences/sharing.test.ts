import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request from "supertest";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { FastForward } from "../support/fast-forward.ts";
import { serviceToken, startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;

const many = (count: number, ask: () => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, ask));

const queries = (pair: Pair): number => pair.simulator.control.state().calls.queryvdnconfid;

/** Begins a request that can be left. */
function begin(device: Device, url: string): { leave(): void; readonly done: Promise<number | "left"> } {
  const asking = httpRequest(url, { headers: { authorization: `Bearer ${device.token}` }, agent: false });
  const done = new Promise<number | "left">((resolve) => {
    asking.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    asking.on("error", () => resolve("left"));
  });
  asking.end();
  return { leave: () => asking.destroy(), done };
}

const eventually = (holds: () => boolean, what: string): Promise<void> => until(holds, 10_000, () => what);

describe("identical questions of one moment", () => {
  let pair: Pair;
  let device: Device;
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 300 }, environment: { GATEWAY_TIMEOUT_MS: "2000" } });
    device = await signedInDevice(pair.url);
  });
  beforeEach(() => {
    pair.simulator.control.clearFaults();
    pair.simulator.control.clearCounters();
  });
  after(() => pair.close());

  test("share one call to the gateway, whatever device asks", async () => {
    const { control } = pair.simulator;
    const tablet = await signedInDevice(pair.url, { sub: "user-1" });
    control.addFault({ kind: "delay", delayMs: 80, on: "queryvdnconfid" });
    const answers = (await many(25, () => device.get("/conferences").then((answer) => answer))) as {
      status: number;
      text: string;
    }[];
    const others = (await many(25, () => tablet.get("/conferences").then((answer) => answer))) as {
      status: number;
      headers: Record<string, string>;
    }[];
    assert.ok(answers.every(({ status, text }) => status === 200 && text === answers[0]?.text));
    assert.ok(others.every(({ status, headers }) => status === 200 && headers.age === undefined));
    assert.ok(queries(pair) <= 4, `${queries(pair)} calls for two bursts of 25`);

    control.clearCounters();
    await Promise.all([
      many(20, () => device.get("/conferences").then()),
      many(20, () => tablet.get("/conferences").then()),
    ]);
    assert.ok(queries(pair) <= 2, `${queries(pair)} calls for one burst of two devices`);
  });

  test("are asked anew once the answer is out", async () => {
    for (let count = 1; count <= 3; count++) {
      await device.get("/conferences");
      assert.equal(queries(pair), count);
    }
  });

  test("share a failure too, which is never remembered", async () => {
    const { control } = pair.simulator;
    control.addFault({ kind: "retcode", retcode: "100-007", delayMs: 80, on: "queryvdnconfid", times: 1 });
    const asked = Array.from({ length: 10 }, () => begin(device, `${pair.url}/conferences`));
    assert.deepEqual(await Promise.all(asked.map(({ done }) => done)), Array(10).fill(502));
    assert.equal(queries(pair), 1);
    assert.equal((await device.get("/conferences")).status, 200);
  });

  test("a client that leaves cancels the call at the gateway when nobody else waits", async () => {
    const { control } = pair.simulator;
    control.addFault({ kind: "hang", on: "queryvdnconfid", times: 1 });
    const asking = begin(device, `${pair.url}/conferences`);
    await eventually(() => queries(pair) === 1, "the question reaches the gateway");
    asking.leave();
    await asking.done;
    // Had it stayed, this one would have waited for the hanging call with it.
    await wait(30);
    const began = performance.now();
    assert.equal((await device.get("/conferences")).status, 200);
    assert.ok(performance.now() - began < 1_000);
    const left = pair.logged.filter((line) => line.includes('"status":499'));
    assert.equal(left.length, 1, "the log says that the client left");
  });

  test("a client that leaves does not take the answer from those who wait", async () => {
    const { control } = pair.simulator;
    control.addFault({ kind: "delay", delayMs: 300, on: "queryvdnconfid" });
    const first = begin(device, `${pair.url}/conferences`);
    await eventually(() => queries(pair) === 1, "the question reaches the gateway");
    const second = begin(device, `${pair.url}/conferences`);
    await wait(50);
    first.leave();
    assert.equal(await second.done, 200);
    assert.equal(queries(pair), 1);
  });

  test("the list, the list with details and one conference are different questions", async () => {
    const { control } = pair.simulator;
    control.addFault({ kind: "delay", delayMs: 50, on: ["queryvdnconfid", "queryconfinfos"] });
    const [list, details, one, other] = await Promise.all([
      device.get("/conferences"),
      device.get("/conferences?expand=details"),
      device.get("/conferences/355840"),
      device.get("/conferences/1029888"),
    ]);
    assert.equal(list.body.conferences[0].participants, undefined);
    assert.equal(details.body.conferences[0].participants.length, 3);
    assert.deepEqual([one.body.id, other.body.id], ["355840", "1029888"]);
  });
});

describe("an answer that may be given again", () => {
  let pair: Pair;
  const clock = new FastForward();
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 300 }, environment: { CONFERENCE_FRESH_MS: "60000" }, clock });
  });
  after(() => pair.close());

  test("goes out with its age, and is asked anew once it is too old", async () => {
    const { control } = pair.simulator;
    const device = await signedInDevice(pair.url);
    const first = await device.get("/conferences");
    assert.equal(first.headers.age, undefined);
    control.startConference({ id: "42" });
    const second = await device.get("/conferences");
    assert.deepEqual([second.text, second.headers.age], [first.text, "0"]);
    assert.equal((await device.get("/conferences").set("If-None-Match", first.headers.etag ?? "")).status, 304);
    clock.forward(30_000);
    const third = await device.get("/conferences");
    assert.equal(third.text, first.text);
    assert.ok(Number(third.headers.age) >= 30, String(third.headers.age));
    assert.equal(queries(pair), 1);
    clock.forward(30_000);
    const fourth = await device.get("/conferences");
    assert.equal(fourth.headers.age, undefined);
    assert.ok(fourth.text.includes('"42"'));
    control.endConference("42");
  });

  test("is nobody else's: not another agent's, not a later sign-in's, not an ended session's", async () => {
    const { control } = pair.simulator;
    const device = await signedInDevice(pair.url, { sub: "user-4" }, { agentId: "1204" });
    await device.get("/conferences");
    const nobody = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: "1202" });
    assertProblem(await nobody.get("/conferences"), 403, "not-an-inspector");
    assert.equal((await device.delete("/session")).status, 204);
    assertProblem(await device.get("/conferences"), 401, "session-not-found");
    const before = queries(pair);
    control.startConference({ id: "43" });
    const again = await signedInDevice(pair.url, { sub: "user-5" }, { agentId: "1204" });
    assert.ok((await again.get("/conferences")).text.includes('"43"'));
    assert.equal(queries(pair), before + 1);
    control.endConference("43");
  });

  test("failures are not among them", async () => {
    const { control } = pair.simulator;
    const device = await signedInDevice(pair.url, { sub: "user-6" }, { agentId: "1301" });
    control.addFault({ kind: "retcode", retcode: "100-007", on: "queryvdnconfid", agentId: "1301", times: 1 });
    assertProblem(await device.get("/conferences"), 502, "gateway-error");
    assert.equal((await device.get("/conferences")).status, 200);
  });

  test("an external agent whose Guid was refused gets no answer of before", async () => {
    const { control } = pair.simulator;
    control.putAgent("1401", { inspector: true });
    const { guid } = control.signIn("1401");
    const app = new Device(pair.url, { sub: "user-7", sid: "external-1" });
    const bound = await request(pair.url)
      .put("/sessions/external-1")
      .set("Authorization", `Bearer ${serviceToken()}`)
      .send({ agentId: "1401", guid, keepAlive: "external" });
    assert.equal(bound.status, 201);
    assert.equal((await app.get("/conferences")).status, 200);
    control.invalidate("1401");
    assertProblem(await app.get("/conferences/355840"), 401, "session-expired");
    assertProblem(await app.get("/conferences"), 401, "session-expired");
  });
});

describe("inspectors of one VDN with CONFERENCE_SHARING=vdn", () => {
  let pair: Pair;
  let one: Device;
  let two: Device;
  before(async () => {
    pair = await startPair({
      simulator: { pollHoldMs: 300 },
      environment: { CONFERENCE_SHARING: "vdn", CONFERENCE_STREAM_INTERVAL_MS: "100", GATEWAY_TIMEOUT_MS: "3000" },
    });
    one = await signedInDevice(pair.url, { sub: "user-1" });
    two = await signedInDevice(pair.url, { sub: "user-4" }, { agentId: "1204" });
    // Each confirms its right by a query of its own.
    for (const device of [one, two]) assert.equal((await device.get("/conferences")).status, 200);
  });
  beforeEach(() => {
    pair.simulator.control.clearFaults();
    pair.simulator.control.clearCounters();
  });
  after(() => pair.close());

  test("share one call to the gateway", async () => {
    pair.simulator.control.addFault({ kind: "delay", delayMs: 150, on: "queryvdnconfid" });
    const asked = [one, two, one, two].map((device) => begin(device, `${pair.url}/conferences`));
    assert.deepEqual(await Promise.all(asked.map(({ done }) => done)), [200, 200, 200, 200]);
    assert.equal(queries(pair), 1);
  });

  test("share one refresh however many of them listen, and each hears of a change", async () => {
    const listen = ({ token }: Device) =>
      EventStreamReader.open(`${pair.url}/conferences/stream`, { authorization: `Bearer ${token}` });
    const streams: EventStreamReader[] = [];
    for (const device of [one, two, one, two]) {
      streams.push(await listen(device));
      await wait(30);
    }
    for (const stream of streams) await stream.next("conferences");
    pair.simulator.control.clearCounters();
    const from = performance.now();
    await until(() => queries(pair) >= 5);
    const intervals = (performance.now() - from) / 100;
    assert.ok(queries(pair) <= intervals + 2, `${queries(pair)} in ${intervals}`);
    const { id } = pair.simulator.control.startConference({});
    for (const stream of streams) {
      const { data } = await stream.next("conferences");
      assert.ok((data as { conferences: { id: string }[] }).conferences.some((conference) => conference.id === id));
    }
    pair.simulator.control.endConference(id);
    for (const stream of streams) stream.close();
  });

  test("an agent who is no inspector never gets a shared answer", async () => {
    pair.simulator.control.addFault({ kind: "delay", delayMs: 150, on: "queryvdnconfid" });
    const nobody = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: "1202" });
    const asked = [one, nobody, two].map((device) => begin(device, `${pair.url}/conferences`));
    assert.deepEqual(await Promise.all(asked.map(({ done }) => done)), [200, 403, 200]);
    assert.equal(queries(pair), 2);
  });

  test("another VDN's inspector never gets a shared answer", async () => {
    pair.simulator.control.addFault({ kind: "delay", delayMs: 100, on: "queryvdnconfid" });
    const other = await signedInDevice(pair.url, { sub: "user-3" }, { agentId: "1301" });
    await other.get("/conferences");
    const [mine, theirs] = await Promise.all([one.get("/conferences"), other.get("/conferences")]);
    assert.equal(mine.body.conferences.length, 3);
    assert.deepEqual(theirs.body, { conferences: [{ id: "1030400" }] });
  });

  test("a session that a backend bound asks for itself, also on a stream that a colleague has open", async () => {
    const { control } = pair.simulator;
    const { guid } = control.agent("1204");
    const backend = (sid: string) =>
      request(pair.url)
        .put(`/sessions/${sid}`)
        .set("Authorization", `Bearer ${serviceToken()}`)
        .send({ agentId: "1204", guid, subject: "user-9" });
    assert.equal((await backend("bound-1")).status, 201);
    const bound = new Device(pair.url, { sub: "user-9", sid: "bound-1" });
    assert.equal((await bound.get("/conferences")).status, 200);
    control.clearCounters();
    control.addFault({ kind: "delay", delayMs: 150, on: "queryvdnconfid" });
    const asked = [one, two, bound].map((device) => begin(device, `${pair.url}/conferences`));
    assert.deepEqual(await Promise.all(asked.map(({ done }) => done)), [200, 200, 200]);
    assert.equal(queries(pair), 2, "the two colleagues share, the bound session asks alone");

    control.clearFaults();
    // The stream of agent 1204 that goes by the VDN's answer, and the bound session's own.
    const colleague = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${two.token}`,
    });
    await colleague.next("conferences");
    control.addFault({ kind: "retcode", retcode: "101-004", agentId: "1204", on: "queryvdnconfid" });
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${bound.token}`,
    });
    const first = await stream.next();
    assert.deepEqual([first.event, (first.data as { code?: string }).code], ["problem", "not-an-inspector"]);
    stream.close();
    colleague.close();
    await request(pair.url).delete("/sessions/bound-1").set("Authorization", `Bearer ${serviceToken()}`);
  });

  test("an error of the asking agent's credential or right touches that agent alone", async () => {
    const { control } = pair.simulator;
    for (const [retcode, status] of [
      ["101-004", 403],
      ["100-006", 401],
    ] as const) {
      control.clearFaults();
      for (const device of [one, two]) {
        // The right is confirmed for a minute from the agent's own query; a lost one is confirmed anew.
        const answer = await device.get("/conferences");
        if (answer.status === 401) assert.equal((await device.signIn({ force: true })).status, 201);
        assert.equal((await device.get("/conferences")).status, 200);
      }
      control.clearCounters();
      control.addFault({ kind: "retcode", retcode, agentId: "1201", delayMs: 150, on: "queryvdnconfid" });
      const first = begin(one, `${pair.url}/conferences`);
      await eventually(() => queries(pair) === 1, "the first asks");
      const second = begin(two, `${pair.url}/conferences`);
      assert.deepEqual([await first.done, await second.done], [status, 200], retcode);
      assert.equal(queries(pair), 2, "the colleague asked again with its own credential");
    }
  });

  test("a failure of the gateway itself is everybody's", async () => {
    const { control } = pair.simulator;
    control.clearFaults();
    await one.signIn({ force: true });
    for (const device of [one, two]) assert.equal((await device.get("/conferences")).status, 200);
    control.clearCounters();
    control.addFault({ kind: "retcode", retcode: "100-007", delayMs: 150, on: "queryvdnconfid", times: 1 });
    const asked = [one, two].map((device) => begin(device, `${pair.url}/conferences`));
    assert.deepEqual(await Promise.all(asked.map(({ done }) => done)), [502, 502]);
    assert.equal(queries(pair), 1);
  });
});
