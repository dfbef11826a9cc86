import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Simulator } from "../../simulator/index.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { until } from "../support/until.ts";
import { agentsPolled, type FleetOptions, type Instance, Load, ready, startFleet } from "./fleet.ts";
import { quickSessions, rotatingEnvironment, rotatingSimulator } from "./quick-times.ts";

const LEASE_MS = quickSessions.leaseMs ?? 0;
/** For what takes less than 2 s, on a machine that has other things to do. */
const FAST_MS = 3_000;
/** The same for what takes the rest of a lease: with the real one of 30 s it is a small part. */
const SLACK_MS = 4_000;
const sum = { calls: 0, failed: 0, overlapping: 0, rotations: 0, polls: 0 };

/** What no race may ever make a client of the gateway do. */
function assertInTurn({ control }: Simulator): void {
  const { counts, recent } = control.violations();
  sum.overlapping += counts.overlappingPoll;
  sum.polls += control.state().calls.poll;
  sum.rotations += control.state().counters.rotations;
  const { overlappingPoll, overlappingSignIn, hastyPoll, hastyPollAfterFault, unknownGuid } = counts;
  const wrong = { overlappingPoll, overlappingSignIn, hastyPoll, hastyPollAfterFault, unknownGuid };
  const none = { overlappingPoll: 0, overlappingSignIn: 0, hastyPoll: 0, hastyPollAfterFault: 0, unknownGuid: 0 };
  assert.deepEqual(wrong, none, JSON.stringify(recent));
}

function assertUnseen(load: Load): void {
  sum.calls += load.calls;
  sum.failed += load.failed;
  assert.equal(load.failed, 0, `${JSON.stringify([...load.answers])} ${load.failures.join("\n")}`);
  assert.ok(load.calls > 0);
}

async function three(t: TestContext, options: FleetOptions = {}) {
  const fleet = await startFleet(t, options);
  const [first, second, third] = await Promise.all([fleet.instance(), fleet.instance(), fleet.instance()]);
  return { ...fleet, first, second, third, all: [first, second, third] };
}

function assertFast(asked: number): void {
  const took = performance.now() - asked;
  assert.ok(took < FAST_MS, `it took ${Math.round(took)} ms`);
}

const urlsOf = (instances: readonly Instance[]): string[] => instances.map(({ url }) => url);
const agentIds = (count: number): string[] => Array.from({ length: count }, (_, place) => String(20_001 + place));
const isHeld = ({ control }: Simulator, agentId = "1201"): boolean => {
  const { queuedEvents, heldPolls } = control.agent(agentId);
  return queuedEvents === 0 && heldPolls === 1;
};
const everyIsPolled = ({ control }: Simulator, count: number): boolean =>
  agentIds(count).every((agentId) => control.agent(agentId).queuedEvents === 0);
const eventsAt = ({ url }: Instance, { token }: Device, headers = {}): Promise<EventStreamReader> =>
  EventStreamReader.open(`${url}/session/events`, { Authorization: `Bearer ${token}`, ...headers });

after(() => {
  const { calls, failed, overlapping, rotations, polls } = sum;
  console.log(
    `fleet: ${calls} calls made, ${failed} failures seen by clients, ${rotations} rotations, ` +
      `${polls} polls, ${overlapping} overlapping polls`,
  );
});

describe("a fleet", { concurrency: 2 }, () => {
  test("60 rotations without overlap, under load on three instances, are seen by no client", async (t) => {
    const { simulator, all } = await three(t, {
      simulator: { agents: 6, ...rotatingSimulator },
      environment: rotatingEnvironment,
    });
    const load = new Load(t);
    for (const [place, agentId] of agentIds(6).entries()) {
      const device = await signedInDevice(all[place % 3]?.url ?? "", { sub: agentId }, { agentId });
      load.add(urlsOf(all), device, "/conferences", 2);
      load.add(urlsOf(all).reverse(), device, "/conferences?expand=details", 2);
    }
    await until(() => simulator.control.state().counters.rotations >= 60, 20_000);
    await load.end();
    assertUnseen(load);
    assertInTurn(simulator);
    assert.equal(simulator.control.state().counters.signIns, 6);
  });

  test("a killed instance's agents are polled by the others within the lease, shared out, and never by two", async (t) => {
    const fleet = await startFleet(t, { simulator: { agents: 12, guidIntervalMs: 500 } });
    const { simulator } = fleet;
    const [first, second, third] = await Promise.all([fleet.process(), fleet.process(), fleet.process()]);
    const all = [first, second, third];
    const load = new Load(t);
    for (const [place, agentId] of agentIds(12).entries()) {
      const device = await signedInDevice(all[place % 3]?.url ?? "", { sub: agentId }, { agentId });
      load.add(urlsOf([second, third]), device, "/conferences", 20);
    }
    const shares = await Promise.all(all.map(agentsPolled));
    assert.equal(
      shares.reduce((total, share) => total + share, 0),
      12,
    );
    await until(() => everyIsPolled(simulator, 12));
    first.signal("SIGKILL");
    const killed = performance.now();
    await until(async () => {
      const counts = await Promise.all([second, third].map(agentsPolled));
      return counts.every((count) => count >= 4) && (counts[0] ?? 0) + (counts[1] ?? 0) === 12;
    }, 20_000);
    const took = performance.now() - killed;
    t.diagnostic(`taken over within ${Math.round(took)} ms, the lease is ${LEASE_MS} ms`);
    assert.ok(took < LEASE_MS + SLACK_MS, `it took ${Math.round(took)} ms`);
    await until(() => agentIds(12).every((agentId) => simulator.control.agent(agentId).signedIn));
    await wait(700);
    await load.end();
    assertUnseen(load);
    assertInTurn(simulator);
    assert.equal(simulator.control.state().counters.signIns, 12);
  });

  test("an instance that ends lets the others take over at once", async (t) => {
    const { simulator, first, second, third } = await three(t, {
      simulator: { agents: 6 },
      sessions: { leaseMs: 30_000 },
    });
    const load = new Load(t);
    for (const agentId of agentIds(6)) {
      const device = await signedInDevice(first.url, { sub: agentId }, { agentId });
      load.add(urlsOf([second, third]), device, "/conferences", 20);
    }
    await until(() => simulator.control.state().heldPolls > 0);
    await first.close();
    await until(async () => (await agentsPolled(second)) + (await agentsPolled(third)) === 6, 12_000);
    await wait(700);
    await load.end();
    assertUnseen(load);
    assertInTurn(simulator);
  });

  test("events and the end of a session reach a device on any instance", async (t) => {
    const { simulator, first, second, third } = await three(t);
    const device = await signedInDevice(first.url, { sid: "the-phone" });
    const other = await signedInDevice(second.url, { sid: "the-tablet" });
    const streams = await Promise.all([eventsAt(second, device), eventsAt(third, other), eventsAt(first, other)]);
    t.after(() => streams.map((stream) => stream.close()));
    await until(() => isHeld(simulator));
    for (let number = 1; number <= 5; number++) simulator.control.sendEvent("1201", "AgentEvent_Test", { number });
    const numbers = (stream: EventStreamReader): unknown[] =>
      stream.received.flatMap(({ data }) => {
        const { type, content } = data as { type?: string; content?: { number: number } };
        return type === "AgentEvent_Test" ? [content?.number] : [];
      });
    await until(() => streams.every((stream) => numbers(stream).length === 5));
    for (const stream of streams) assert.deepEqual(numbers(stream), [1, 2, 3, 4, 5]);

    // Missed while away, and asked for at another instance.
    const [seen] =
      streams[0]?.received.filter(({ data }) => (data as { type?: string }).type === "AgentEvent_Test") ?? [];
    const back = await eventsAt(third, device, { "Last-Event-ID": seen?.id ?? "" });
    t.after(() => back.close());
    await until(() => numbers(back).length === 4);
    assert.deepEqual(numbers(back), [2, 3, 4, 5]);

    assert.equal((await new Device(third.url, { sid: "the-phone" }).delete("/session")).status, 204);
    await streams[0]?.untilEnd();
    assert.deepEqual(streams[0]?.received.at(-1)?.data, { reason: "signed-out" });
    assert.equal(streams[1]?.ended, false);
    assert.equal((await new Device(first.url, { sid: "the-tablet" }).delete("/session")).status, 204);
    await streams[1]?.untilEnd();
    assert.equal(simulator.control.agent("1201").signedIn, false);
    assertInTurn(simulator);
  });

  test("signing in and out at three instances at once never overlaps at the gateway", async (t) => {
    const { simulator, all } = await three(t, { simulator: { latencyMs: 20 } });
    const users = all.map(({ url }, place) => new Device(url, { sub: "user-1", sid: `device-${place}` }));
    const statuses = new Set<number>();
    await Promise.all(
      users.map(async (user, place) => {
        for (let time = 0; time < 8; time++) {
          statuses.add((await user.signIn({ force: time % 3 === place })).status);
          await wait(Math.random() * 60);
          statuses.add((await user.delete("/session")).status);
        }
      }),
    );
    const [user] = users;
    assert.ok(user);
    const last = await user.signIn();
    assert.ok([200, 201].includes(last.status), JSON.stringify(last.body));
    assert.deepEqual(
      [...statuses].filter((status) => ![200, 201, 204, 401, 409].includes(status)),
      [],
    );
    await until(() => isHeld(simulator));
    assert.equal((await user.get("/conferences")).status, 200);
    assertInTurn(simulator);
  });

  test("an agent that is talking, pushed out or rotated at one instance is known so at the others at once", async (t) => {
    const { simulator, first, second, third } = await three(t, { simulator: { guidOverlapMs: 0 } });
    await signedInDevice(first.url, { sub: "user-1", sid: "first" });
    const pusher = new Device(second.url, { sub: "user-2", sid: "second" });
    assert.equal((await pusher.signIn()).status, 409);
    assert.equal((await pusher.signIn({ force: true })).status, 201);
    for (const { url } of [first, second, third]) {
      const pushedOut = new Device(url, { sub: "user-1", sid: "first" });
      assert.equal((await pushedOut.get("/conferences")).status, 401);
      assert.equal((await new Device(url, { sub: "user-2", sid: "second" }).get("/conferences")).status, 200);
    }
    await until(() => isHeld(simulator));
    assertInTurn(simulator);
  });

  test("a call that ends after a sign-out at another instance brings nothing back", async (t) => {
    const { simulator, first, second, third } = await three(t);
    const device = await signedInDevice(first.url, { sid: "the-device" });
    simulator.control.addFault({
      kind: "headers",
      on: "queryvdnconfid",
      delayMs: 500,
      times: 1,
      headers: { "Set-GUID": "JSESSIONID=from-an-answer-too-late" },
    });
    const slow = device.get("/conferences").then(({ status }) => status);
    await until(() => simulator.control.state().calls.queryvdnconfid === 1);
    assert.equal((await new Device(second.url, { sid: "the-device" }).delete("/session")).status, 204);
    assert.ok([200, 401].includes(await slow));
    for (const { url } of [first, second, third]) {
      assert.equal((await new Device(url, { sid: "the-device" }).get("/session")).status, 401);
    }
    await wait(500);
    assert.equal(simulator.control.state().heldPolls, 0);
    assert.equal((await device.signIn()).status, 201);
    assert.equal((await new Device(third.url, { sid: "the-device" }).get("/conferences")).status, 200);
    assertInTurn(simulator);
  });
});

describe("a fleet whose Redis or network fails", { concurrency: 2 }, () => {
  test("Redis killed and back: clients are told fast, polls go on, nothing is lost", async (t) => {
    const { simulator, redis, first, second } = await three(t, {
      simulator: { guidIntervalMs: 400 },
      sessions: { leaseMs: 8_000 },
      redis: ["appendonly yes", "appendfsync always"],
    });
    await signedInDevice(first.url, { sid: "the-device" });
    const atFirst = new Device(first.url, { sid: "the-device" });
    const atSecond = new Device(second.url, { sid: "the-device" });
    assert.equal((await atSecond.get("/conferences")).status, 200);
    await until(() => isHeld(simulator));
    await redis.kill();
    const polls = simulator.control.state().calls.poll;
    for (const device of [atFirst, atSecond, new Device(first.url, { sid: "nobody" })]) {
      const asked = performance.now();
      const answer = await device.get("/session");
      assertFast(asked);
      assert.deepEqual([answer.status, (answer.body as { code: string }).code], [503, "session-store-unavailable"]);
      assert.ok(answer.headers["retry-after"]);
    }
    assert.equal((await fetch(`${first.url}/readyz`)).status, 503);
    assert.equal((await fetch(`${first.url}/livez`)).status, 200);
    await until(
      () => simulator.control.state().calls.poll >= polls + 2,
      5_000,
      () => "no polls without Redis",
    );

    await redis.restart();
    await ready(first);
    await ready(second);
    const load = new Load(t);
    load.add(urlsOf([first, second]), atFirst, "/conferences", 10);
    const { rotations } = simulator.control.state().counters;
    await until(() => simulator.control.state().counters.rotations >= rotations + 2);
    await load.end();
    assertUnseen(load);
    assert.equal(simulator.control.state().counters.signIns, 1);
    assert.equal(simulator.control.state().counters.signOuts, 0);
    assertInTurn(simulator);
  });

  test("a Redis that hangs is a Redis that is away", async (t) => {
    const { simulator, redis, first } = await three(t, { sessions: { leaseMs: 8_000 } });
    await signedInDevice(first.url, { sid: "the-device" });
    redis.pause();
    const asked = performance.now();
    const answer = await new Device(first.url, { sid: "nobody" }).get("/session");
    assertFast(asked);
    assert.equal(answer.status, 503);
    assert.equal((await fetch(`${first.url}/readyz`)).status, 503);
    redis.resume();
    const device = new Device(first.url, { sid: "the-device" });
    await until(async () => (await device.get("/conferences")).status === 200);
    assertInTurn(simulator);
  });

  for (const how of ["silent", "broken"] as const) {
    test(`a holder behind a ${how} line to Redis stops to poll before another starts`, async (t) => {
      const { simulator, instance } = await startFleet(t, { simulator: { agents: 4, pollHoldMs: 300 } });
      const first = await instance();
      for (const agentId of agentIds(4)) await signedInDevice(first.url, { sub: agentId, sid: agentId }, { agentId });
      const [second, third] = await Promise.all([instance(), instance()]);
      assert.equal(await agentsPolled(first), 4);
      // The worst of all moments: its polls hang, too, and would for longer than the lease.
      simulator.control.addFault({ kind: "hang", on: "poll", times: 4 });
      await until(() => simulator.control.state().counters.faultsPlayed === 4);
      first.line.cut(how);
      await until(async () => (await agentsPolled(second)) + (await agentsPolled(third)) === 4, LEASE_MS + SLACK_MS);
      await until(async () => (await agentsPolled(first)) === 0);
      await wait(700);
      first.line.mend();
      await ready(first);
      await wait(500);
      assert.equal(await agentsPolled(first), 0);
      for (const agentId of agentIds(4)) {
        const device = new Device(first.url, { sub: agentId, sid: agentId });
        assert.equal((await device.get("/conferences")).status, 200);
      }
      assert.equal(simulator.control.state().counters.signIns, 4);
      assertInTurn(simulator);
    });
  }

  test("an instance that stood still finds its agents polled by others, and leaves them alone", async (t) => {
    const fleet = await startFleet(t, { simulator: { agents: 4, guidIntervalMs: 500 } });
    const { simulator } = fleet;
    const first = await fleet.process();
    for (const agentId of agentIds(4)) await signedInDevice(first.url, { sub: agentId, sid: agentId }, { agentId });
    const second = await fleet.process();
    const load = new Load(t);
    for (const agentId of agentIds(4))
      load.add([second.url], new Device(second.url, { sub: agentId, sid: agentId }), "/conferences", 20);
    await until(() => everyIsPolled(simulator, 4) && simulator.control.state().heldPolls > 1);
    first.signal("SIGSTOP");
    await until(async () => (await agentsPolled(second)) === 4, LEASE_MS + SLACK_MS);
    await wait(600);
    first.signal("SIGCONT");
    await until(async () => (await agentsPolled(first)) === 0);
    await wait(800);
    await load.end();
    assertUnseen(load);
    for (const agentId of agentIds(4)) {
      assert.equal((await new Device(first.url, { sub: agentId, sid: agentId }).get("/conferences")).status, 200);
    }
    assert.equal(simulator.control.state().counters.signIns, 4);
    assertInTurn(simulator);
  });

  test("what streams missed while their instance was cut off comes when the line is whole again", async (t) => {
    const { simulator, instance } = await startFleet(t);
    const device = await signedInDevice((await instance()).url, { sid: "the-device" });
    const second = await instance();
    const stream = await eventsAt(second, device);
    t.after(() => stream.close());
    await until(() => isHeld(simulator));
    const types = (): unknown[] => stream.received.map(({ data }) => (data as { type?: string }).type);
    simulator.control.sendEvent("1201", "AgentEvent_Before");
    await until(() => types().includes("AgentEvent_Before"));
    second.line.cut("broken");
    simulator.control.sendEvent("1201", "AgentEvent_Missed");
    await wait(700);
    second.line.mend();
    await ready(second);
    await wait(500);
    simulator.control.sendEvent("1201", "AgentEvent_After");
    await until(() => types().includes("AgentEvent_After"));
    assert.deepEqual(types().slice(-3), ["AgentEvent_Before", "AgentEvent_Missed", "AgentEvent_After"]);
    assertInTurn(simulator);
  });

  test("an event that a holder fetched just before it lost its lease reaches the others when it is back", async (t) => {
    const { simulator, instance } = await startFleet(t);
    const first = await instance();
    const device = await signedInDevice(first.url, { sid: "the-device" });
    const second = await instance();
    const stream = await eventsAt(second, device);
    t.after(() => stream.close());
    await until(() => isHeld(simulator));
    assert.equal(await agentsPolled(first), 1);
    first.line.cut("broken");
    simulator.control.sendEvent("1201", "AgentEvent_Fetched");
    await until(async () => (await agentsPolled(second)) === 1);
    const types = (): unknown[] => stream.received.map(({ data }) => (data as { type?: string }).type);
    assert.ok(!types().includes("AgentEvent_Fetched"));
    first.line.mend();
    await until(() => types().includes("AgentEvent_Fetched"));
    assertInTurn(simulator);
  });
});
