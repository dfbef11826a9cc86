import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request from "supertest";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startFaultyService } from "../support/faulty-store.ts";
import { serviceToken, type TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { eventsAt, isHeld, ready, startFleet } from "./fleet.ts";
import { startQuickPair } from "./quick-times.ts";

const eager = {
  environment: { KEEP_ALIVE_INTERVAL_MS: "5" },
  simulator: { hastyPollMs: 0, pollHoldMs: 300 },
};

async function started(t: TestContext, options: TestServiceOptions = eager) {
  const pair = await startQuickPair(options);
  t.after(() => pair.close());
  const listen = async (device: Device, lastEventId?: string): Promise<EventStreamReader> => {
    const headers = { Authorization: `Bearer ${device.token}` };
    const resumed = lastEventId === undefined ? headers : { ...headers, "Last-Event-ID": lastEventId };
    const stream = await EventStreamReader.open(`${pair.url}/session/events`, resumed);
    t.after(() => stream.close());
    return stream;
  };
  const bind = (sid: string, body: object) =>
    request(pair.url).put(`/sessions/${sid}`).set("Authorization", `Bearer ${serviceToken()}`).send(body);
  const revoke = (path: string) => request(pair.url).delete(path).set("Authorization", `Bearer ${serviceToken()}`);
  return { ...pair, listen, bind, revoke };
}

const numbers = ({ received }: EventStreamReader): unknown[] =>
  received
    .filter(({ event }) => event === "gateway-event")
    .map(({ data }) => data as { type: string; content: { number?: number } | null })
    .filter(({ type }) => type === "AgentEvent_Test")
    .map(({ content }) => content?.number);

const send = ({ control }: Simulator, number: number): void => control.sendEvent("1201", "AgentEvent_Test", { number });

const settled = (simulator: Simulator): Promise<void> => until(() => isHeld(simulator));

test("whoever is pushed out while its instance is cut off from Redis hears nothing of who comes after", async (t) => {
  const fleet = await startFleet(t, { simulator: { pollHoldMs: 300 } });
  const [cut, other] = [await fleet.instance(), await fleet.instance()];
  const first = await signedInDevice(cut.url, { sub: "user-1" });
  await settled(fleet.simulator);
  const pushedOut = await eventsAt(cut, first);
  t.after(() => pushedOut.close());
  await pushedOut.next("state");
  send(fleet.simulator, 1);
  await until(() => numbers(pushedOut).length === 1);

  cut.line.cut("broken");
  await wait(200);
  const second = await signedInDevice(other.url, { sub: "user-2" }, { force: true });
  const stream = await eventsAt(other, second);
  t.after(() => stream.close());
  for (let number = 2; number <= 6; number++) send(fleet.simulator, number);
  await until(() => numbers(stream).length >= 2, 20_000);
  cut.line.mend();
  await ready(cut);
  for (let number = 7; number <= 9; number++) send(fleet.simulator, number);
  await until(() => numbers(stream).at(-1) === 9, 20_000);
  await pushedOut.untilEnd(5_000);
  assert.deepEqual(numbers(pushedOut), [1]);
  assert.deepEqual(numbers(stream), [2, 3, 4, 5, 6, 7, 8, 9]);
});

/** Two instances on one store, whose way to it fails as a test wants. */
async function twoInstances(t: TestContext) {
  const simulator = await startSimulator({ ...eager.simulator });
  const one = await startFaultyService(simulator.url, eager.environment);
  const other = await startFaultyService(simulator.url, eager.environment, one);
  t.after(async () => {
    await other.close();
    await one.close();
    await simulator.close();
  });
  const listen = async ({ url }: { readonly url: string }, { token }: Device, headers = {}) => {
    const stream = await EventStreamReader.open(`${url}/session/events`, {
      Authorization: `Bearer ${token}`,
      ...headers,
    });
    t.after(() => stream.close());
    return stream;
  };
  return { simulator, one, other, listen };
}

for (const [what, away] of [
  ["whose end nobody told it of", []],
  ["which nobody can look up", ["getSession"]],
] as const) {
  test(`a stream of a session ${what} is shown nothing of the next subject's`, async (t) => {
    const { simulator, one, other, listen } = await twoInstances(t);
    const first = await signedInDevice(one.url, { sub: "user-1" });
    await settled(simulator);
    const pushedOut = await listen(one, first);
    await pushedOut.next("state");
    send(simulator, 1);
    await until(() => numbers(pushedOut).length === 1);

    one.store.hush("session-ended");
    if (away.length > 0) one.store.fail(...away);
    const second = await signedInDevice(other.url, { sub: "user-2" }, { force: true });
    const stream = await listen(other, second);
    for (let number = 2; number <= 6; number++) send(simulator, number);
    await until(() => numbers(stream).length === 5);
    await wait(100);
    assert.deepEqual(numbers(pushedOut), [1]);
    one.store.recover();
    send(simulator, 7);
    await pushedOut.untilEnd(3_000);
    assert.deepEqual(numbers(pushedOut), [1]);
  });
}

test("events that could not be delivered before somebody else signed in are not told to whom comes after", async (t) => {
  const { simulator, one, listen } = await twoInstances(t);
  await signedInDevice(one.url, { sub: "user-1" });
  await settled(simulator);
  one.store.fail("appendEvent");
  for (const number of [1, 2, 3]) send(simulator, number);
  await until(() => simulator.control.agent("1201").queuedEvents === 0);
  const second = await signedInDevice(one.url, { sub: "user-2" }, { force: true });
  const streams = [await listen(one, second), await listen(one, second, { "Last-Event-ID": "0-0" })];
  one.store.recover();
  await wait(500);
  send(simulator, 4);
  await until(() => streams.every((stream) => numbers(stream).includes(4)), 20_000);
  streams.push(await listen(one, second, { "Last-Event-ID": "0-0" }));
  await until(() => streams.every((stream) => numbers(stream).includes(4)));
  for (const stream of streams) assert.deepEqual(numbers(stream), [4]);
});

test("no Last-Event-ID brings a subject what was received before it came in, after a revocation during a call", async (t) => {
  const { url, simulator, listen, revoke } = await started(t);
  const first = await signedInDevice(url, { sub: "user-1" });
  await settled(simulator);
  const before = await listen(first);
  send(simulator, 1);
  await until(() => numbers(before).length === 1);
  const seen = before.received.at(-1)?.id ?? "";
  simulator.control.putAgent("1201", { talking: true });
  assert.equal((await revoke("/sessions?subject=user-1")).status, 204);
  await before.untilEnd();
  // The agent is talking, so it is still signed in, and its polls go on.
  send(simulator, 2);
  await until(() => simulator.control.agent("1201").queuedEvents === 0);
  await wait(100);
  const second = await signedInDevice(url, { sub: "user-2" }, { force: true });
  const streams = await Promise.all([listen(second), listen(second, seen), listen(second, "0-0")]);
  send(simulator, 3);
  await until(() => streams.every((stream) => numbers(stream).length > 0));
  for (const stream of streams) assert.deepEqual(numbers(stream), [3]);
});

test("a session that a backend binds anew for somebody else brings nothing of its former user's events", async (t) => {
  const { url, simulator, listen, bind } = await started(t);
  const { guid } = simulator.control.signIn("1201");
  const body = { agentId: "1201", guid };
  assert.equal((await bind("device-1", { ...body, subject: "user-1" })).status, 201);
  await settled(simulator);
  const before = await listen(new Device(url, { sid: "device-1", sub: "user-1" }));
  send(simulator, 1);
  await until(() => numbers(before).length === 1);
  assert.equal((await bind("device-1", { ...body, subject: "user-2" })).status, 200);
  await before.untilEnd();
  const second = new Device(url, { sid: "device-1", sub: "user-2" });
  const streams = await Promise.all([listen(second), listen(second, "0-0")]);
  send(simulator, 2);
  await until(() => streams.every((stream) => numbers(stream).length > 0));
  for (const stream of streams) assert.deepEqual(numbers(stream), [2]);
});

test("who stays hears on over sign-ins and newcomers, and missed events too; a newcomer hears what comes after it", async (t) => {
  const { url, simulator, listen, bind } = await started(t);
  const phone = await signedInDevice(url, { sub: "user-1" });
  const tablet = await signedInDevice(url, { sub: "user-1" });
  await settled(simulator);
  const all = await listen(phone);
  send(simulator, 1);
  await until(() => numbers(all).length === 1);
  const { guid } = simulator.control.agent("1201");
  assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-2" })).status, 201);
  const newcomer = await listen(new Device(url, { sid: "device-1", sub: "user-2" }), "0-0");
  await newcomer.next("state");
  send(simulator, 2);
  await until(() => numbers(newcomer).length === 1 && numbers(all).length === 2);
  // A sign-in of one device is everybody's of its subject, and pushes the other subject out.
  assert.equal((await tablet.signIn({ force: true })).status, 200);
  await newcomer.untilEnd();
  await settled(simulator);
  send(simulator, 3);
  await until(() => numbers(all).length === 3);
  const third = await signedInDevice(url, { sub: "user-1" });
  const joined = await listen(third, "0-0");
  await until(() => numbers(joined).length === 3);
  assert.deepEqual([numbers(all), numbers(newcomer), numbers(joined)], [[1, 2, 3], [2], [1, 2, 3]]);
});

test("a subject that was out for a while hears nothing of that while", async (t) => {
  const { url, simulator, listen, bind, revoke } = await started(t);
  const { guid } = simulator.control.signIn("1201");
  const binding = (subject: string) => ({ agentId: "1201", guid, subject });
  assert.equal((await bind("staying", binding("user-1"))).status, 201);
  assert.equal((await bind("leaving", binding("user-2"))).status, 201);
  await settled(simulator);
  const staying = await listen(new Device(url, { sid: "staying", sub: "user-1" }));
  send(simulator, 1);
  await until(() => numbers(staying).length === 1);
  assert.equal((await revoke("/sessions/leaving")).status, 204);
  send(simulator, 2);
  await until(() => numbers(staying).length === 2);
  assert.equal((await bind("leaving", binding("user-2"))).status, 201);
  const back = await listen(new Device(url, { sid: "leaving", sub: "user-2" }), "0-0");
  send(simulator, 3);
  await until(() => numbers(staying).length === 3 && numbers(back).length > 0);
  assert.deepEqual(numbers(back), [3]);
});

test("a stream's first list is of its own sign-in, also where one of before has listeners", async (t) => {
  const { url, simulator } = await started(t, { environment: { CONFERENCE_STREAM_INTERVAL_MS: "10000" } });
  const open = async (device: Device): Promise<unknown> => {
    const headers = { Authorization: `Bearer ${device.token}` };
    const stream = await EventStreamReader.open(`${url}/conferences/stream`, headers);
    t.after(() => stream.close());
    return (await stream.next("conferences")).data;
  };
  const phone = await signedInDevice(url, { sub: "user-1" });
  const before = await open(phone);
  simulator.control.putAgent("1201", { vdnId: 2 });
  const tablet = new Device(url, { sub: "user-1" });
  assert.equal((await tablet.signIn({ force: true })).status, 201);
  const after = await open(tablet);
  assert.deepEqual(after, (await tablet.get("/conferences")).body);
  assert.notDeepEqual(after, before);
});

for (const [what, content] of [
  ["that names a former sign-in", { loginTime: "1690000000000" }],
  ["that names none", {}],
] as const) {
  test(`a shutdown ${what} ends nobody's present one`, async (t) => {
    const { url, simulator, listen } = await started(t);
    const device = await signedInDevice(url);
    await settled(simulator);
    const stream = await listen(device);
    simulator.control.sendEvent("1201", "AgentOther_ShutdownService", content);
    await until(() => stream.received.some(({ event }) => event === "gateway-event"));
    send(simulator, 1);
    await until(() => numbers(stream).length === 1);
    assert.equal((await device.get("/conferences")).status, 200);
    assert.equal(stream.ended, false);
  });
}
