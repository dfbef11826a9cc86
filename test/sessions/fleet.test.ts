import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Device, signedInDevice } from "../support/device.ts";
import type { EventStreamReader } from "../support/event-stream.ts";
import { until } from "../support/until.ts";
import { agentIds, agentsPolled, eventsAt, everyIsPolled, isHeld, startFleet, three, urlsOf } from "./fleet.ts";
import { quickSessions, rotatingEnvironment, rotatingSimulator } from "./quick-times.ts";
import { assertInTurn, assertUnseen, Load, sayWhatWasSeen } from "./seen-by-clients.ts";

const LEASE_MS = quickSessions.leaseMs ?? 0;
/** On a machine that has other things to do; with the real lease of 30 s it is a small part. */
const SLACK_MS = 4_000;

sayWhatWasSeen();

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
    await until(() => simulator.control.state().counters.rotations >= 60, 60_000);
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
