import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.ts";
import type { AgentId } from "../../src/gateway/index.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { appSecret } from "../support/service.ts";
import { NotStarted, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { until } from "../support/until.ts";
import { assertNoViolations, pollsOf, quickEnvironment, quickSimulator } from "./quick-times.ts";
import { virtualFleet } from "./virtual-fleet.ts";

interface Place {
  readonly simulator: Simulator;
  /** Starts the service as an operator does, on the one file of this test. */
  start(environment?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
}

async function place(t: TestContext, options: SimulatorOptions = {}): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "restart-"));
  const simulator = await startSimulator({ ...quickSimulator, ...options });
  const started: ServiceProcess[] = [];
  t.after(async () => {
    await Promise.all(started.map((service) => service.kill()));
    await simulator.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const usual = {
    ...quickEnvironment,
    GATEWAY_URL: simulator.url,
    JWT_SECRET: appSecret,
    SESSION_STORE_URL: "sqlite:sessions.db",
    SIGN_IN_LIMIT_PER_MINUTE: "1000",
    RATE_LIMIT_PER_MINUTE: "100000",
  };
  return {
    simulator,
    async start(environment = {}) {
      const service = await startServiceProcess({ ...usual, ...environment }, directory);
      started.push(service);
      return service;
    },
  };
}

const held = ({ control }: Simulator): Promise<void> =>
  until(() => control.agent("1201").queuedEvents === 0 && control.agent("1201").heldPolls === 1);

describe("a restart", { concurrency: 2 }, () => {
  test("50 sessions through 4 kills: none is lost, nobody signs in again, no two polls at once", async (t) => {
    const { simulator, start } = await place(t, { agents: 50, guidIntervalMs: 600, sessionTimeoutMs: 30_000 });
    const people = Array.from({ length: 50 }, (_, at) => ({ sub: `user-${at}`, agentId: String(20_001 + at) }));
    let service = await start();
    const { url } = service;
    await Promise.all(people.map(({ sub, agentId }) => signedInDevice(url, { sub, sid: sub }, { agentId })));
    let lost = 0;
    let calls = 0;
    for (let kill = 1; kill <= 4; kill++) {
      await wait(300 + Math.random() * 500);
      await service.kill();
      service = await start();
      const again = service.url;
      const answers = await Promise.all(
        people.map(({ sub }) => new Device(again, { sub, sid: sub }).get("/conferences")),
      );
      calls += answers.length;
      lost += answers.filter(({ status }) => status !== 200).length;
    }
    await until(() => simulator.control.state().heldPolls > 0);
    const polls = pollsOf(simulator);
    await until(() => pollsOf(simulator) > polls + 50, 20_000);
    const { counters, agents } = simulator.control.state();
    t.diagnostic(`${calls} calls after kills, ${lost} failed; ${counters.rotations} rotations`);
    assert.equal(lost, 0);
    assert.deepEqual([agents.signedIn, counters.signIns, counters.signOuts, counters.timedOut], [50, 50, 0, 0]);
    assert.equal(simulator.control.violations().counts.overlappingPoll, 0);
    assert.equal(simulator.control.violations().counts.staleGuid, 0);
  });

  test("a Guid that was rotated just before the kill is on the disk", async (t) => {
    const { simulator, start } = await place(t, { guidOverlapMs: 0 });
    let service = await start();
    await signedInDevice(service.url, { sid: "the-device" });
    for (let kill = 1; kill <= 3; kill++) {
      await held(simulator);
      simulator.control.rotate("1201");
      // Whoever is answered after the rotation was answered with the new Guid.
      const answer = await new Device(service.url, { sid: "the-device" }).get("/conferences");
      await service.kill();
      assert.equal(answer.status, 200);
      service = await start();
      assert.equal((await new Device(service.url, { sid: "the-device" }).get("/conferences")).status, 200);
    }
    assert.equal(simulator.control.state().counters.rotations, 3);
    assert.equal(simulator.control.state().counters.signIns, 1);
  });

  test("the first poll after a start goes out at once", async (t) => {
    // By a time that passes alike on every machine; that a new process goes so is looked at below.
    const { clock, gateway, instance, signedInBefore } = await virtualFleet(t, { keepAliveIntervalMs: 60_000 });
    const [agentId] = await signedInBefore(1);
    instance();
    await clock.advance(100);
    assert.equal(gateway.agent(agentId as AgentId).polls, 1);

    const { simulator, start } = await place(t);
    const service = await start();
    await signedInDevice(service.url);
    await held(simulator);
    await service.kill();
    await until(() => simulator.control.state().heldPolls === 0);
    const polls = pollsOf(simulator);
    await start({ KEEP_ALIVE_INTERVAL_MS: "60000" });
    await until(() => pollsOf(simulator) > polls);
    assertNoViolations(simulator);
  });

  test("what a kill took between the gateway's answer and the disk is recovered while the old Guid is taken", async (t) => {
    const { simulator, start } = await place(t, { guidIntervalMs: 1, guidOverlapMs: 60_000 });
    let service = await start();
    await signedInDevice(service.url, { sid: "the-device" });
    await until(() => simulator.control.agent("1201").queuedEvents === 0);
    // Rotated, and the answer that says so never arrives.
    simulator.control.addFault({ kind: "hang", on: "poll", worked: true, times: 1 });
    const { rotations } = simulator.control.state().counters;
    await until(() => simulator.control.state().counters.rotations > rotations);
    await service.kill();
    service = await start();
    const device = new Device(service.url, { sid: "the-device" });
    assert.equal((await device.get("/conferences")).status, 200);
    await until(() => simulator.control.state().counters.rotations > rotations + 2);
    assert.equal((await device.get("/conferences")).status, 200);
    assert.equal(simulator.control.state().counters.signIns, 1);
  });

  test("a second process on the same file is refused in clear words, and the first goes on", async (t) => {
    const { start } = await place(t);
    const first = await start();
    const device = await signedInDevice(first.url);
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof NotStarted);
      assert.equal(error.code, 1);
      assert.match(error.output, /sessions\.db is in use by another process/);
      assert.match(error.output, /Redis/);
      assert.doesNotMatch(error.output, /\n\s+at /, "no stack");
      return true;
    });
    assert.equal((await device.get("/conferences")).status, 200);
  });

  test("SIGTERM drains: not ready, all served for a while, streams told to come back, what is under way answered, exit 0", async (t) => {
    const { simulator, start } = await place(t, { pollHoldMs: 1_500 });
    const service = await start({ SHUTDOWN_GRACE_MS: "6000", DRAIN_LEAD_MS: "1500" });
    const { url } = service;
    const device = await signedInDevice(url, { sid: "the-device" });
    const headers = { Authorization: `Bearer ${device.token}` };
    const streams = [
      await EventStreamReader.open(`${url}/session/events`, headers),
      await EventStreamReader.open(`${url}/conferences/stream`, headers),
    ];
    t.after(() => streams.map((stream) => stream.close()));
    await held(simulator);
    simulator.control.addFault({ kind: "delay", on: "queryconfinfos", delayMs: 700, times: 1 });
    const slow = device.get("/conferences?expand=details").then(({ status }) => status);
    await until(() => simulator.control.state().counters.faultsPlayed === 1);

    const asked = performance.now();
    process.kill(service.pid, "SIGTERM");
    await until(async () => (await fetch(`${url}/readyz`)).status === 503, 500);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await device.get("/conferences")).status, 200, "a client that has not moved yet is served");
    for (const stream of streams) {
      await stream.untilEnd();
      assert.equal(stream.received.at(-1)?.event, "instance-ending");
      assert.ok(!stream.received.some(({ event }) => event === "session-ended"));
    }
    assert.equal(await slow, 200);
    assert.equal(await service.stop(), 0);
    assert.ok(performance.now() - asked < 6_000);
    assert.equal(simulator.control.state().counters.abortedPolls, 0, "the held poll was answered");
    assert.equal(simulator.control.agent("1201").signedIn, true);

    const again = await start();
    assert.equal((await new Device(again.url, { sid: "the-device" }).get("/conferences")).status, 200);
    assert.equal(simulator.control.state().counters.signIns, 1);
    assertNoViolations(simulator);
  });

  test("SIGTERM ends the process within its grace, whatever hangs", async (t) => {
    const { simulator, start } = await place(t);
    // What hangs would by itself be over after 20 s.
    const service = await start({ SHUTDOWN_GRACE_MS: "1500", GATEWAY_TIMEOUT_MS: "30000" });
    const device = await signedInDevice(service.url);
    await held(simulator);
    simulator.control.addFault({ kind: "hang", on: ["poll", "queryvdnconfid"] });
    device.get("/conferences").then(undefined, () => undefined);
    await until(() => simulator.control.state().counters.faultsPlayed === 2);
    const asked = performance.now();
    assert.equal(await service.stop(), 0);
    const took = performance.now() - asked;
    assert.ok(took < 2_000, `it took ${Math.round(took)} ms`);
  });

  test("SIGTERM with nothing to do ends the process at once", async (t) => {
    const { start } = await place(t);
    const service = await start();
    const asked = performance.now();
    assert.equal(await service.stop(), 0);
    assert.ok(performance.now() - asked < 1_000);
  });
});
