import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Device, signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { agentIds, agentsPolled, eventsAt, everyIsPolled, isHeld, ready, startFleet, three, urlsOf } from "./fleet.ts";
import { quickSessions } from "./quick-times.ts";
import { assertInTurn, assertUnseen, Load, sayWhatWasSeen } from "./seen-by-clients.ts";

const LEASE_MS = quickSessions.leaseMs ?? 0;
/** On a machine that has other things to do; with the real lease of 30 s it is a small part. */
const SLACK_MS = 4_000;
/** For what takes less than 2 s. */
const FAST_MS = 3_000;

sayWhatWasSeen();

function assertFast(asked: number): void {
  const took = performance.now() - asked;
  assert.ok(took < FAST_MS, `it took ${Math.round(took)} ms`);
}

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
