import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { FaultSpec } from "../../simulator/index.ts";
import { Problem } from "../../src/problems.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { FastForward } from "../support/fast-forward.ts";
import { serviceToken, type TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { assertNoViolations, pollsOf, startQuickPair } from "./quick-times.ts";
import { signedIn, wired } from "./wired-sessions.ts";

async function started(t: TestContext, options: TestServiceOptions = {}) {
  const pair = await startQuickPair(options);
  t.after(() => pair.close());
  return pair;
}

const eventsOf = (url: string, { token }: Device): Promise<EventStreamReader> =>
  EventStreamReader.open(`${url}/session/events`, { Authorization: `Bearer ${token}` });

// Each has its own gateway and mostly waits.
describe("keep-alive", { concurrency: 8 }, () => {
  test("an agent is polled one poll at a time, none of them hasty, and stays signed in", async (t) => {
    const { url, simulator } = await started(t, { simulator: { pollHoldMs: 100, sessionTimeoutMs: 5_000 } });
    const device = await signedInDevice(url);
    await until(() => pollsOf(simulator) >= 20, 60_000);
    assert.equal(simulator.control.agent("1201").signedIn, true);
    assert.equal((await device.get("/conferences")).status, 200);
    assertNoViolations(simulator);
  });

  test("a poll that is held for the whole 10 s, and answered slowly, is waited for", async (t) => {
    // A poll has twice its hold: so much of it that a machine with other things to do is not too late.
    const times = { pollHoldMs: 2_500, leaseMs: 30_000 };
    const { url, simulator } = await started(t, { simulator: { pollHoldMs: 2_500 }, sessions: times });
    simulator.control.addFault({ kind: "delay", on: "poll", worked: true, delayMs: 300 });
    const device = await signedInDevice(url);
    await until(() => pollsOf(simulator) >= 5);
    assert.equal(simulator.control.state().counters.abortedPolls, 0);
    const session = await device.get("/session");
    assert.equal((session.body as { state: string }).state, "active");
  });

  test("polls that fail are never hasty, and the agent is unreachable until one works again", async (t) => {
    const { url, simulator } = await started(t, { environment: { LOG_LEVEL: "silent" } });
    const device = await signedInDevice(url);
    await until(() => pollsOf(simulator) >= 1);
    const stream = await eventsOf(url, device);
    t.after(() => stream.close());
    const broken = simulator.control.addFault({ kind: "reset", on: "poll" });
    const since = Date.now();
    await until(() => broken.played > 0);
    await until(async () => ((await device.get("/session")).body as { state: string }).state === "unreachable");
    await until(() => stream.received.some(({ data }) => (data as { state?: string }).state === "unreachable"));
    const told = stream.received.find(({ data }) => (data as { state?: string }).state === "unreachable");
    const toldSince = Date.parse((told?.data as { since: string } | undefined)?.since ?? "");
    assert.ok(Math.abs(toldSince - since) < 1_000, "since the first failure");
    assert.equal((await device.get("/conferences")).status, 200, "calls go on");

    broken.clear();
    await until(async () => ((await device.get("/session")).body as { state: string }).state === "active");
    const states = () => stream.received.filter(({ event }) => event === "state");
    await until(() => (states().at(-1)?.data as { state?: string } | undefined)?.state === "active");
    assertNoViolations(simulator);
  });

  const spoiled: readonly Omit<FaultSpec, "on">[] = [
    { kind: "reset" },
    { kind: "cut" },
    { kind: "status", status: 500 },
    { kind: "status", status: 503 },
    { kind: "html" },
    { kind: "empty" },
    { kind: "shape" },
    { kind: "invalid-json" },
    { kind: "redirect" },
    { kind: "huge" },
    { kind: "retcode", retcode: "000-004" },
    { kind: "retcode", retcode: "000-007" },
    { kind: "retcode", retcode: "100-007" },
    { kind: "retcode", retcode: "105-002" },
    { kind: "retcode", retcode: "999-999" },
  ];

  for (const [at, fault] of spoiled.entries()) {
    test(`a poll that ends in "${fault.retcode ?? fault.status ?? fault.kind}" ends no session`, async (t) => {
      const agentId = String(20_001 + at);
      const { url, simulator } = await started(t, { simulator: { pollHoldMs: 50, agents: 20 } });
      const device = await signedInDevice(url, {}, { agentId });
      simulator.control.addFault({ ...fault, on: "poll", times: 2 });
      await until(() => simulator.control.state().counters.faultsPlayed === 2);
      const polls = pollsOf(simulator);
      await until(() => pollsOf(simulator) >= polls + 2);
      assert.equal((await device.get("/conferences")).status, 200);
      assert.equal(simulator.control.state().counters.signIns, 1);
      assertNoViolations(simulator);
    });
  }

  for (const [word, end] of [
    ["100-006", "retcode"],
    ["AgentOther_ShutdownService", "event"],
    ["AgentOther_ShutdownService with a new Guid", "event and Guid"],
  ] as const) {
    test(`"${word}" ends the session at once, tells its streams, and is polled no more`, async (t) => {
      const guidIntervalMs = end === "event and Guid" ? 1 : 60_000;
      const { url, simulator } = await started(t, { simulator: { guidIntervalMs } });
      const device = await signedInDevice(url);
      const second = await signedInDevice(url);
      const streams = [await eventsOf(url, device), await eventsOf(url, second)];
      t.after(() => streams.map((stream) => stream.close()));
      // Past the events of the sign-in itself, so that a poll is held.
      await until(
        () => simulator.control.agent("1201").queuedEvents === 0 && simulator.control.state().heldPolls === 1,
      );
      if (end === "retcode") simulator.control.addFault({ kind: "retcode", retcode: "100-006", on: "poll", times: 1 });
      else simulator.control.kick("1201");
      await Promise.all(streams.map((stream) => stream.untilEnd()));
      for (const { received } of streams) {
        const [state, last] = received.slice(-2);
        assert.deepEqual(state?.data, { state: "ended", reason: "agent-not-signed-in" });
        assert.deepEqual([last?.event, last?.data], ["session-ended", { reason: "agent-not-signed-in" }]);
        const told = received.some(({ data }) => (data as { type?: string }).type === "AgentOther_ShutdownService");
        assert.equal(told, end !== "retcode");
      }
      const polls = pollsOf(simulator);
      assert.equal((await device.get("/conferences")).status, 401);
      assert.equal((await second.get("/session")).status, 401);
      await wait(600);
      assert.equal(pollsOf(simulator), polls);
      assertNoViolations(simulator);
    });
  }

  const bound = (url: string, sessionId: string, body: object) => {
    const headers = { Authorization: `Bearer ${serviceToken()}`, "Content-Type": "application/json" };
    return fetch(`${url}/sessions/${sessionId}`, { method: "PUT", headers, body: JSON.stringify(body) });
  };

  test("an external agent is never polled and never signed out", async (t) => {
    const clock = new FastForward();
    const { url, simulator } = await started(t, { environment: { SESSION_IDLE_MS: "60000" }, clock });
    const { guid, cookie } = simulator.control.signIn("1201");
    const body = { agentId: "1201", guid, cookie, subject: "user-1", keepAlive: "external" };
    assert.equal((await bound(url, "backend-1", body)).status, 201);
    const device = new Device(url, { sid: "backend-1" });
    assert.equal((await device.get("/conferences")).status, 200);
    await until(async () => (await device.get("/session")).status === 200);
    await wait(600);
    clock.forward(60_000);
    assert.equal((await device.get("/session")).status, 401, "its session was idle");
    await wait(600);
    assert.equal(pollsOf(simulator), 0);
    assert.equal(simulator.control.state().counters.signOuts, 0);
  });

  test("an agent whose app takes over the polls is polled no more, a held poll is let go", async (t) => {
    const { url, simulator } = await started(t, {
      simulator: { pollHoldMs: 20_000 },
      sessions: { pollHoldMs: 20_000, leaseMs: 60_000 },
    });
    await signedInDevice(url, { sid: "the-device" });
    await until(() => simulator.control.agent("1201").queuedEvents === 0 && simulator.control.state().heldPolls === 1);
    const { guid: before, cookie } = simulator.control.agent("1201");
    const headers = { Guid: before ?? "", Cookie: cookie ?? "", "Content-Type": "application/json; charset=UTF-8" };
    const refreshed = await fetch(`${simulator.url}/onlineagent/1201/updateGuid`, { method: "PUT", headers });
    const { guid } = ((await refreshed.json()) as { result: { guid: string } }).result;
    const body = { agentId: "1201", guid, subject: "user-1", keepAlive: "external" };
    assert.equal((await bound(url, "the-device", body)).status, 200);
    await until(() => simulator.control.state().heldPolls === 0, 2_000);
    const polls = pollsOf(simulator);
    await wait(700);
    assert.equal(pollsOf(simulator), polls);
    assert.equal((await new Device(url, { sid: "the-device" }).get("/conferences")).status, 200);
  });

  test("the agent of a session that nobody uses is signed out", async (t) => {
    const { url, simulator, logged } = await started(t, { environment: { SESSION_IDLE_MS: "1000" } });
    const device = await signedInDevice(url);
    await until(() => !simulator.control.agent("1201").signedIn);
    assert.equal(simulator.control.state().counters.signOuts, 1);
    assert.equal((await device.get("/session")).status, 401);
    assert.ok(logged.some((line) => line.includes('"reason":"idle"')));
    const polls = pollsOf(simulator);
    await wait(500);
    assert.equal(pollsOf(simulator), polls);
    assertNoViolations(simulator);
  });

  test("a session in use is no idle one, but ends with its greatest age", async (t) => {
    const environment = { SESSION_IDLE_MS: "60000", SESSION_MAX_MS: "150000" };
    const clock = new FastForward();
    // To a gateway, whose time is not forwarded, polls at their right pace come hastily.
    const simulated = { hastyPollMs: 0 };
    const { url, simulator } = await started(t, {
      simulator: simulated,
      environment,
      sessions: { leaseMs: 30_000 },
      clock,
    });
    const device = await signedInDevice(url);
    const stream = await eventsOf(url, device);
    t.after(() => stream.close());
    for (let passed = 0; passed < 84_000; passed += 14_000) {
      clock.forward(14_000);
      await stream.nextAlive();
    }
    assert.equal((await device.get("/session")).status, 200, "an open stream is use");
    clock.forward(66_000);
    await stream.untilEnd();
    assert.deepEqual(stream.received.at(-1)?.data, { reason: "too-old" });
    await until(() => !simulator.control.agent("1201").signedIn);
    assertNoViolations(simulator);
  });

  test("a revoked agent who is talking is signed out when the call is over, and never forced", async (t) => {
    const { url, simulator } = await started(t, { environment: { SESSION_IDLE_MS: "1200" } });
    const device = await signedInDevice(url, { sid: "revoked-1" });
    simulator.control.putAgent("1201", { talking: true });
    const headers = { Authorization: `Bearer ${serviceToken()}` };
    assert.equal((await fetch(`${url}/sessions/revoked-1`, { method: "DELETE", headers })).status, 204);
    assert.equal((await device.get("/session")).status, 401);
    const polls = pollsOf(simulator);
    await until(() => pollsOf(simulator) > polls + 1);
    assert.equal(simulator.control.agent("1201").signedIn, true);
    assert.equal(simulator.control.state().calls.forcelogout, 0);
    simulator.control.putAgent("1201", { talking: false });
    await until(() => !simulator.control.agent("1201").signedIn);
    assertNoViolations(simulator);
  });

  test("polls go on while the breaker keeps every other call from the gateway", async (t) => {
    const { url, simulator } = await started(t, { simulator: { pollHoldMs: 50 } });
    const device = await signedInDevice(url);
    const broken = simulator.control.addFault({ kind: "status", status: 500, on: "queryvdnconfid" });
    for (let call = 0; call < 30; call++) await device.get("/conferences");
    const answer = await device.get("/conferences");
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [503, "gateway-unavailable"]);
    const polls = pollsOf(simulator);
    await until(() => pollsOf(simulator) >= polls + 3);
    assert.equal(((await device.get("/session")).body as { state: string }).state, "active");
    broken.clear();
    await until(async () => (await device.get("/conferences")).status === 200);
    assertNoViolations(simulator);
  });

  test("a forced sign-in again and again never makes two polls", async (t) => {
    const { url, simulator } = await started(t);
    const device = await signedInDevice(url);
    for (let time = 0; time < 6; time++) {
      assert.equal((await device.signIn({ force: true })).status, 200);
      await wait(Math.random() * 500);
    }
    await until(() => simulator.control.state().heldPolls === 1);
    assert.equal((await device.get("/conferences")).status, 200);
    assertNoViolations(simulator);
  });

  test("signing out and in again at once keeps one poll and one sign-in at a time", async (t) => {
    const { url, simulator } = await started(t);
    for (let time = 0; time < 6; time++) {
      const device = await signedInDevice(url);
      if (time % 2 === 0) await until(() => simulator.control.state().heldPolls === 1);
      assert.equal((await device.delete("/session")).status, 204);
    }
    const device = await signedInDevice(url);
    await until(() => simulator.control.state().heldPolls === 1);
    assert.equal((await device.get("/conferences")).status, 200);
    assertNoViolations(simulator);
  });

  test("a poller that could not listen tries again, and hears then", async (t) => {
    const { instance, store, simulator } = await wired(t);
    let tries = 0;
    const deafOnce = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...given: readonly unknown[]): unknown => {
          if (name === "subscribe" && ++tries === 1) return Promise.reject(new Problem("session-store-unavailable"));
          return Reflect.apply(value, target, given);
        };
      },
    });
    await signedIn(instance({ store: deafOnce }));
    await until(() => tries === 2);
    await until(() => pollsOf(simulator) >= 4);
    assert.equal(tries, 2, "one subscription is enough");
  });
});
