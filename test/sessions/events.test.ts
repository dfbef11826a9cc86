import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Simulator } from "../../simulator/index.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import type { TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { assertNoViolations, startQuickPair } from "./quick-times.ts";

interface GatewayEventData {
  readonly type: string;
  readonly at: string;
  readonly content: { readonly number?: number } | null;
}

async function started(t: TestContext, options: TestServiceOptions = {}) {
  const pair = await startQuickPair(options);
  t.after(() => pair.close());
  return pair;
}

async function listening(
  t: TestContext,
  url: string,
  { token }: Device,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStreamReader> {
  const stream = await EventStreamReader.open(`${url}/session/events`, {
    Authorization: `Bearer ${token}`,
    ...headers,
  });
  t.after(() => stream.close());
  return stream;
}

/** The events of the sign-in have been fetched. */
const settled = ({ control }: Simulator): Promise<void> =>
  until(() => control.agent("1201").queuedEvents === 0 && control.agent("1201").heldPolls === 1);

const ofTest = (stream: EventStreamReader): GatewayEventData[] =>
  stream.received
    .filter(({ event }) => event === "gateway-event")
    .map(({ data }) => data as GatewayEventData)
    .filter(({ type }) => type === "AgentEvent_Test");
const numbers = (stream: EventStreamReader): (number | undefined)[] =>
  ofTest(stream).map(({ content }) => content?.number);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, place) => from + place);

function send({ control }: Simulator, from: number, to: number): void {
  for (const number of range(from, to)) control.sendEvent("1201", "AgentEvent_Test", { number });
}

async function openStreams(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^\S*open_streams\S* (\d+)$/m.exec(text)?.[1]);
}

// Shorter pauses than the reference allows, since an event comes with each poll; and no poll is given up.
const patient = { pollHoldMs: 5_000, leaseMs: 20_000 };
const eager = { environment: { KEEP_ALIVE_INTERVAL_MS: "5" }, simulator: { hastyPollMs: 0 }, sessions: patient };

describe("the events of a session", { concurrency: 8 }, () => {
  test("begin with the session's state, and nothing of the past", async (t) => {
    const { url, simulator } = await started(t);
    const device = await signedInDevice(url);
    await settled(simulator);
    const stream = await listening(t, url, device);
    assert.deepEqual(
      [stream.status, stream.headers["content-type"], stream.headers["cache-control"]],
      [200, "text/event-stream; charset=utf-8", "no-store, no-transform"],
    );
    assert.equal(stream.headers["x-accel-buffering"], "no");
    const { event, data, retry } = await stream.next();
    assert.deepEqual([event, retry], ["state", 2_000]);
    assert.equal((data as { state: string }).state, "active");
    await wait(100);
    assert.equal(stream.received.length, 1);
    assert.deepEqual(Object.keys((await stream.nextAlive()).data as object), ["at"]);
    assert.deepEqual(stream.others, [], "no block without data");
    assertNoViolations(simulator);
  });

  test("reach every device of every user of the agent, in order, each once, with growing ids", async (t) => {
    const { url, simulator } = await started(t, eager);
    const devices = [await signedInDevice(url), await signedInDevice(url), await signedInDevice(url)];
    await settled(simulator);
    const streams = await Promise.all(devices.map((device) => listening(t, url, device)));
    send(simulator, 1, 20);
    await until(() => streams.every((stream) => numbers(stream).length >= 20));
    for (const stream of streams) assert.deepEqual(numbers(stream), range(1, 20));
    const ids = streams.map(({ received }) => received.flatMap(({ id }) => (id === undefined ? [] : [id])));
    assert.deepEqual(ids[1], ids[0]);
    assert.equal(new Set(ids[0]).size, 20);
    const [first] = streams.map(ofTest);
    assert.ok(Math.abs(Date.parse(first?.[0]?.at ?? "") - Date.now()) < 10_000);
  });

  test("are replayed from the Last-Event-ID on, over reconnects while they come", async (t) => {
    const { url, simulator } = await started(t, eager);
    const device = await signedInDevice(url);
    await settled(simulator);
    const seen: (number | undefined)[] = [];
    let last = "";
    const first = await listening(t, url, device);
    send(simulator, 1, 3);
    await until(() => numbers(first).length === 3);
    seen.push(...numbers(first));
    last = first.received.at(-1)?.id ?? "";
    first.close();
    // One half comes while nobody listens, one while the client connects and is lost again.
    send(simulator, 4, 25);
    for (let time = 0; time < 6; time++) {
      const again = await listening(t, url, device, { "Last-Event-ID": last });
      await wait(Math.random() * 60);
      again.close();
      seen.push(...numbers(again));
      last = again.received.at(-1)?.id ?? last;
    }
    const rest = await listening(t, url, device, { "Last-Event-ID": last });
    await until(() => numbers(rest).at(-1) === 25 || seen.at(-1) === 25, 30_000);
    assert.deepEqual([...seen, ...numbers(rest)], range(1, 25));
  });

  for (const unknown of ["0-0", "1-1", "nonsense", "99999999999999-9"]) {
    test(`the unknown Last-Event-ID ${unknown} gives all that are kept`, async (t) => {
      const { url, simulator } = await started(t, eager);
      const device = await signedInDevice(url);
      await settled(simulator);
      send(simulator, 1, 3);
      await until(() => simulator.control.agent("1201").queuedEvents === 0);
      await settled(simulator);
      const stream = await listening(t, url, device, { "Last-Event-ID": unknown });
      await until(() => numbers(stream).length === 3);
      assert.deepEqual(numbers(stream), [1, 2, 3]);
    });
  }

  test("are kept within a bound, the oldest go first", async (t) => {
    const { url, simulator } = await started(t, { ...eager, sessions: { ...patient, eventsKept: 5 } });
    const device = await signedInDevice(url);
    await settled(simulator);
    send(simulator, 1, 12);
    await settled(simulator);
    const stream = await listening(t, url, device, { "Last-Event-ID": "0-0" });
    await until(() => numbers(stream).length >= 5);
    assert.deepEqual(numbers(stream), range(8, 12));
  });

  test("tell since when the agent is unreachable, and when it is active again", async (t) => {
    const { url, simulator } = await started(t, { sessions: patient });
    const device = await signedInDevice(url);
    await settled(simulator);
    const stream = await listening(t, url, device);
    const broken = simulator.control.addFault({ kind: "status", status: 502, on: "poll" });
    const states = () => stream.received.map(({ data }) => data as { state: string; since: string });
    await until(() => states().at(-1)?.state === "unreachable");
    const late = await listening(t, url, device);
    assert.deepEqual((await late.next("state")).data, states().at(-1), "who comes later is told of it at once");
    const since = Date.parse(states().at(-1)?.since ?? "");
    assert.ok(since <= Date.now() && since > Date.now() - 5_000);
    broken.clear();
    await until(() => states().at(-1)?.state === "active");
    assert.deepEqual(
      states().map(({ state }) => state),
      ["active", "unreachable", "active"],
    );
    assert.ok(Date.parse(states().at(-1)?.since ?? "") >= since);
    assertNoViolations(simulator);
  });

  test("of another agent are never among them", async (t) => {
    const { url, simulator } = await started(t);
    const mine = await listening(t, url, await signedInDevice(url));
    const theirs = await listening(t, url, await signedInDevice(url, { sub: "user-2" }, { agentId: "1204" }));
    simulator.control.sendEvent("1204", "AgentEvent_Test", { number: 1 });
    await until(() => numbers(theirs).length === 1);
    await settled(simulator);
    assert.equal(numbers(mine).length, 0);
  });

  test("end with their own session and its reason, and no other device's", async (t) => {
    const { url } = await started(t);
    const [phone, tablet] = [await signedInDevice(url), await signedInDevice(url)];
    const [ending, staying] = [await listening(t, url, phone), await listening(t, url, tablet)];
    assert.equal((await phone.delete("/session")).status, 204);
    await ending.untilEnd();
    const [state, last] = ending.received.slice(-2);
    assert.deepEqual(state?.data, { state: "ended", reason: "signed-out" });
    assert.deepEqual([last?.event, last?.data], ["session-ended", { reason: "signed-out" }]);
    assert.equal(staying.ended, false);
    const other = new Device(url, { sub: "user-2" });
    assert.equal((await other.signIn({ force: true })).status, 201);
    await staying.untilEnd();
    assert.deepEqual(staying.received.at(-1)?.data, { reason: "forced-out" });
  });

  test("end with the token, and go on with a fresh one", async (t) => {
    const { url, simulator } = await started(t, eager);
    const exp = Math.floor(Date.now() / 1_000) + 5;
    const device = await signedInDevice(url, { sid: "the-device", exp });
    await settled(simulator);
    const stream = await listening(t, url, device);
    send(simulator, 1, 1);
    await stream.untilEnd(8_000);
    assert.equal(stream.received.at(-1)?.event, "token-expired");
    const last = stream.received.findLast(({ id }) => id !== undefined)?.id ?? "";
    send(simulator, 2, 2);
    const again = await listening(t, url, new Device(url, { sid: "the-device" }), { "Last-Event-ID": last });
    await until(() => numbers(again).length === 1);
    assert.deepEqual(numbers(again), [2]);
  });

  test("a client that does not read is let go, and the others hear everything", async (t) => {
    const { url, simulator } = await started(t, eager);
    const [deaf, good] = [await signedInDevice(url), await signedInDevice(url)];
    await settled(simulator);
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.write(`GET /session/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${deaf.token}\r\n\r\n`);
    socket.pause();
    const stream = await listening(t, url, good);
    await until(async () => (await openStreams(url)) === 2);
    const filler = "x".repeat(60_000);
    const most = 250;
    for (let number = 1; number <= most; number++) {
      simulator.control.sendEvent("1201", "AgentEvent_Test", { number, filler });
    }
    await until(() => numbers(stream).length === most, 40_000);
    assert.deepEqual(numbers(stream), range(1, most));
    await until(async () => (await openStreams(url)) === 1);
  });

  test("of an agent are not told to whoever pushes its user out", async (t) => {
    const { url, simulator } = await started(t);
    const first = await listening(t, url, await signedInDevice(url, { sub: "user-1" }));
    await settled(simulator);
    send(simulator, 1, 1);
    await until(() => numbers(first).length === 1);
    const other = await signedInDevice(url, { sub: "user-2" }, { force: true });
    const stream = await listening(t, url, other, { "Last-Event-ID": "0-0" });
    send(simulator, 2, 2);
    await until(() => numbers(stream).length > 0);
    assert.deepEqual(numbers(stream), [2]);
  });

  test("clients that leave while their stream is being opened leave nothing behind", async (t) => {
    const { url, simulator } = await started(t, { environment: { SESSION_IDLE_MS: "1500" } });
    const device = await signedInDevice(url);
    const { port } = new URL(url);
    for (let client = 0; client < 60; client++) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(`GET /session/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\n\r\n`, () => {
        setTimeout(() => socket.resetAndDestroy(), client % 4);
      });
      await wait(2);
    }
    await until(async () => (await openStreams(url)) === 0);
    // No stream that nobody reads keeps the session in use.
    await until(() => !simulator.control.agent("1201").signedIn);
  });

  test("a session that ends while its stream is being opened gets a problem or an end, never silence", async (t) => {
    const { url } = await started(t);
    for (let time = 0; time < 12; time++) {
      const device = await signedInDevice(url);
      const opening = listening(t, url, device);
      await wait(time % 4);
      const [stream] = await Promise.all([opening, device.delete("/session")]);
      if (stream.status === 200) {
        await stream.untilEnd();
        assert.equal(stream.received.at(-1)?.event, "session-ended");
      } else {
        assert.equal(stream.status, 401);
        await stream.untilEnd();
        assert.equal((JSON.parse(stream.text) as { code: string }).code, "session-not-found");
      }
    }
    await until(async () => (await openStreams(url)) === 0);
  });
});
