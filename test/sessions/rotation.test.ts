import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Caller, Gateway } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import { type Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { aSubject } from "../support/names.ts";
import type { TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { pollsOf, rotatingEnvironment, rotatingSimulator, startQuickPair } from "./quick-times.ts";
import { conferences, cuttable, resolved, signedIn, wired } from "./wired-sessions.ts";

async function started(t: TestContext, options: TestServiceOptions = {}) {
  const pair = await startQuickPair(options);
  t.after(() => pair.close());
  return pair;
}

const codeOf = (problem: unknown): string => (problem instanceof Problem ? problem.code : String(problem));

describe("a Guid that rotates", { concurrency: 8 }, () => {
  test("50 rotations without overlap under parallel load are seen by no client", async (t) => {
    const agentIds = ["20001", "20002", "20003", "20004", "20005"];
    const { url, simulator } = await started(t, {
      simulator: { agents: 5, ...rotatingSimulator, renewCookies: true },
      environment: rotatingEnvironment,
    });
    const devices = await Promise.all(agentIds.map((agentId) => signedInDevice(url, { sub: agentId }, { agentId })));
    const answers = new Map<number, number>();
    const load = async ({ token }: Device, path: string): Promise<void> => {
      // A refusal is what the test looks for, and what would keep Guids from rotating.
      while (
        simulator.control.state().counters.rotations < 60 &&
        [...answers.keys()].every((status) => status === 200)
      ) {
        const answer = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
        await answer.arrayBuffer();
        // Else they take all the time that there is, also what the polls need to rotate.
        await wait(15);
        answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      }
    };
    const paths = ["/conferences", "/conferences?expand=details", "/conferences/355840", "/conferences/1029888"];
    await Promise.all(devices.flatMap((device) => paths.map((path) => load(device, path))));

    const { counters } = simulator.control.state();
    const { counts } = simulator.control.violations();
    const [calls, failed] = [[...answers.values()].reduce((sum, n) => sum + n, 0), [...answers]];
    t.diagnostic(`${calls} calls over ${counters.rotations} rotations, answers ${JSON.stringify(failed)}`);
    assert.deepEqual([...answers.keys()], [200]);
    assert.ok(calls > 200, String(calls));
    assert.equal(counters.signIns, 5);
    assert.deepEqual(
      [counts.overlappingPoll, counts.hastyPoll, counts.hastyPollAfterFault, counts.unknownGuid],
      [0, 0, 0, 0],
    );
    assert.ok(counts.staleGuid > 0, "some calls did meet a rotation");
  });

  test("a call that comes while the new Guid is still on its way waits for it", async (t) => {
    const { gateway, instance, simulator } = await wired(t, { guidOverlapMs: 0 });
    const arrived = Promise.withResolvers<void>();
    const slow: Gateway = {
      ...gateway,
      pollEvent: (caller, options) => {
        const renewed: Caller["renewed"] = (renewal) => arrived.promise.then(() => caller.renewed(renewal));
        return gateway.pollEvent({ ...caller, renewed }, options);
      },
    };
    const sessions = instance({ gateway: slow });
    await signedIn(sessions);
    await until(() => simulator.control.agent("1201").queuedEvents === 0 && simulator.control.state().heldPolls === 1);
    simulator.control.rotate("1201");
    const call = conferences(sessions, await resolved(sessions));
    await until(() => simulator.control.violations().counts.staleGuid === 1);
    arrived.resolve();
    assert.equal((await call).length, 3);
    assert.equal(simulator.control.violations().counts.staleGuid, 1, "refused once, and not asked again in vain");
  });

  test("of a list with its details only the question that was refused is asked again", async (t) => {
    const { url, simulator } = await started(t);
    const device = await signedInDevice(url);
    simulator.control.addFault({ kind: "retcode", retcode: "000-003", on: "queryconfinfos", times: 1 });
    const { status, body } = await device.get("/conferences?expand=details");
    assert.equal(status, 200, JSON.stringify(body));
    const { queryvdnconfid, queryconfinfos } = simulator.control.state().calls;
    assert.deepEqual({ queryvdnconfid, queryconfinfos }, { queryvdnconfid: 1, queryconfinfos: 2 });
  });

  test("a new Guid is stored before it is used", async (t) => {
    const { store, gateway, instance, simulator } = await wired(t, { pollHoldMs: 20, guidIntervalMs: 1 });
    const stored = new Set<string>();
    const slow = cuttable(store);
    const watched: Gateway = {
      ...gateway,
      signIn: async (...args) => {
        const signedIn = await gateway.signIn(...args);
        stored.add(signedIn.guid);
        return signedIn;
      },
      pollEvent: (caller, options) => {
        assert.ok(stored.has(caller.guid));
        return gateway.pollEvent(caller, options);
      },
      conferenceIds: (caller, options) => {
        assert.ok(stored.has(caller.guid));
        return gateway.conferenceIds(caller, options);
      },
    };
    const slowlyWritten = new Proxy(slow, {
      get: (target, name) =>
        name !== "updateAgent"
          ? Reflect.get(target, name)
          : async (agent: Parameters<typeof store.updateAgent>[0]) => {
              await wait(30);
              const written = await store.updateAgent(agent);
              if (written !== null) stored.add(written.guid);
              return written;
            },
    });
    const sessions = instance({ store: slowlyWritten, gateway: watched });
    await signedIn(sessions);
    while (simulator.control.state().counters.rotations < 5) {
      await conferences(sessions, await resolved(sessions));
      await wait(5);
    }
  });

  test("a call and the poll that are refused together both tell it, once that has lasted", async (t) => {
    const { url, simulator } = await started(t);
    const device = await signedInDevice(url);
    await until(() => simulator.control.state().heldPolls === 1);
    simulator.control.invalidate("1201");
    // The poll is held for less than a call waits for a rotation, and asks on until the verdict.
    const statuses = new Set<number>();
    await until(async () => {
      const { status, body } = await device.get("/conferences");
      statuses.add(status);
      const { code, retcode } = body as { code: string; retcode?: string };
      if (status === 503) assert.equal(code, "gateway-switching-over");
      else assert.ok(code === "session-not-found" || (code === "session-expired" && retcode === "000-003"), code);
      return status !== 503;
    });
    assert.deepEqual([...statuses].at(-1), 401);
  });

  test("a refused Guid without a newer one is confirmed once, and when that lasts the session has expired", async (t) => {
    const { url, simulator } = await started(t, {
      simulator: { pollHoldMs: 2_000 },
      sessions: { pollHoldMs: 2_000, leaseMs: 6_000 },
    });
    const device = await signedInDevice(url);
    const { token } = device;
    const stream = await EventStreamReader.open(`${url}/session/events`, { Authorization: `Bearer ${token}` });
    t.after(() => stream.close());
    await until(() => simulator.control.agent("1201").queuedEvents === 0 && simulator.control.state().heldPolls === 1);
    simulator.control.invalidate("1201");
    const answer = await device.get("/conferences");
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [503, "gateway-switching-over"]);
    assert.equal(simulator.control.state().calls.queryvdnconfid, 2);
    await stream.untilEnd();
    assert.deepEqual(stream.received.at(-1)?.data, { reason: "session-expired" });
    const after = await device.get("/conferences");
    assert.deepEqual([after.status, (after.body as { code: string }).code], [401, "session-not-found"]);
    assert.equal((await device.signIn({ force: true })).status, 201, "and nothing keeps the user from a new sign-in");
  });

  test("an instance that does not poll the agent passes no verdict: it answers 503 and asks the one that does", async (t) => {
    const times = { pollHoldMs: 2_000, leaseMs: 6_000 };
    const { store, instance, simulator } = await wired(t, { pollHoldMs: times.pollHoldMs }, times);
    const holder = instance();
    await signedIn(holder);
    const other = instance({ started: false });
    await until(() => simulator.control.agent("1201").queuedEvents === 0 && simulator.control.state().heldPolls === 1);
    const wanted: unknown[] = [];
    await store.subscribe((await resolved(other)).agent.agentId, (message) => wanted.push(message.type));
    simulator.control.invalidate("1201");
    const asked = performance.now();
    const call = conferences(other, await resolved(other));
    await assert.rejects(call, (problem) => codeOf(problem) === "gateway-switching-over");
    assert.ok(performance.now() - asked < 4_000, "well within its deadline");
    assert.ok(wanted.includes("verdict-wanted"));
    // The holder's own calls go on being refused, and that is the verdict.
    await until(async () => (await store.agentIds()).length === 0);
    await assert.rejects(resolved(other), (problem) => codeOf(problem) === "session-not-found");
  });

  test("asking for verdicts without end makes no poll hasty", async (t) => {
    const { store, instance, simulator } = await wired(t, { pollHoldMs: 30 });
    const { agent } = await signedIn(instance());
    const publishing = async (): Promise<boolean> => {
      await store.publish(agent.agentId, { type: "verdict-wanted", guidVersion: 1 });
      await store.publish(agent.agentId, { type: "agent-changed" });
      return pollsOf(simulator) >= 5;
    };
    await until(publishing);
    assert.equal(simulator.control.violations().total, 0, JSON.stringify(simulator.control.violations().recent));
  });

  test("a Guid that comes while the store is away is used from memory, and written first when it is back", async (t) => {
    const { store, instance, simulator } = await wired(t, { guidOverlapMs: 0, pollHoldMs: 100 }, { leaseMs: 5_000 });
    const line = cuttable(store);
    const holder = instance({ store: line });
    const bound = await signedIn(holder);
    await until(() => simulator.control.agent("1201").queuedEvents === 0);
    const before = await store.getAgent(bound.agent.agentId);
    line.away = true;
    for (let rotation = 0; rotation < 2; rotation++) {
      const { rotations } = simulator.control.state().counters;
      simulator.control.rotate("1201");
      await until(() => simulator.control.state().counters.rotations > rotations);
      await wait(250);
    }
    assert.deepEqual(await store.getAgent(bound.agent.agentId), before, "nothing reached the store");
    simulator.control.clearCounters();
    await until(() => pollsOf(simulator) >= 1);
    assert.equal(simulator.control.violations().counts.staleGuid, 0, "polled with the Guid in memory");
    // A request that had found its session before gets the newest Guid, too.
    line.away = false;
    await conferences(holder, await resolved(holder));
    const after = await store.getAgent(bound.agent.agentId);
    assert.deepEqual(
      [after?.guid, after?.guidVersion],
      [simulator.control.agent("1201").guid, (before?.guidVersion ?? 0) + 2],
    );
    await conferences(instance({ started: false }), await resolved(holder));
    assert.equal(simulator.control.state().counters.signIns, 0, "and nobody signed in again");
  });

  test("a Guid in memory is written by itself when the store is back, and at the end of the process", async (t) => {
    const { store, instance, simulator } = await wired(t, { guidOverlapMs: 0 });
    const line = cuttable(store);
    const holder = instance({ store: line });
    const { agent } = await signedIn(holder);
    const rotatedWhileAway = async (): Promise<void> => {
      await until(() => simulator.control.state().heldPolls === 1);
      line.away = true;
      simulator.control.rotate("1201");
      await wait(100);
      line.away = false;
    };
    const isStored = async () => (await store.getAgent(agent.agentId))?.guid === simulator.control.agent("1201").guid;
    await rotatedWhileAway();
    await until(isStored, 1_500);
    await rotatedWhileAway();
    await holder.close(1_000);
    assert.ok(await isStored());
  });

  test("a call that ends after the sign-out brings nothing back, whatever its answer carries", async (t) => {
    const { store, instance, simulator } = await wired(t);
    const sessions = instance();
    const bound = await signedIn(sessions);
    const late = { kind: "headers", on: "queryvdnconfid", delayMs: 400, times: 1 } as const;
    simulator.control.addFault({ ...late, headers: { "Set-GUID": "JSESSIONID=from-an-answer-too-late" } });
    const slow = conferences(sessions, bound);
    await until(() => simulator.control.state().calls.queryvdnconfid === 1);
    const { session, agent } = bound;
    const claims = {
      ...session,
      subject: aSubject("user-1"),
      scopes: new Set<string>(),
      expiresAt: Date.now() + 60_000,
    };
    await sessions.signOut(claims, false, { requestId: "a-test", subject: "user-1" });
    assert.equal((await slow).length, 3);
    assert.equal(await store.getAgent(agent.agentId), null);
    assert.deepEqual(await store.sessionsOfAgent(agent.agentId), []);

    // Nor does it touch the sign-in that came after it.
    const second = await signedIn(sessions);
    simulator.control.addFault({ ...late, headers: { "Set-GUID": "JSESSIONID=from-an-answer-too-late" } });
    const again = conferences(sessions, second);
    await until(() => simulator.control.state().calls.queryvdnconfid === 2);
    const input = { agentId: agent.agentId, password: "secret-1201", phoneNumber: "40038", force: true };
    await sessions.signIn({ ...session, subject: aSubject("user-1") }, input, {
      requestId: "a-test",
      subject: "user-1",
    });
    await again;
    assert.equal((await store.getAgent(agent.agentId))?.guid, simulator.control.agent("1201").guid);
    assert.equal((await conferences(sessions, await resolved(sessions))).length, 3);
  });

  test("a call whose client has left waits for no rotation", async (t) => {
    const { instance, simulator } = await wired(t);
    const sessions = instance();
    const bound = await signedIn(sessions);
    simulator.control.invalidate("1201");
    const left = new AbortController();
    const limits = { deadline: performance.now() + 5_000, signal: left.signal };
    const call = sessions.gatewayFor(bound).conferenceIds(limits);
    let isOver = false;
    const over = call.finally(() => {
      isOver = true;
    });
    const rejected = assert.rejects(over);
    await until(
      () => simulator.control.violations().counts.staleGuid + simulator.control.violations().counts.unknownGuid > 0,
    );
    assert.equal(isOver, false, "it waits for a newer Guid");
    left.abort();
    await new Promise(setImmediate);
    assert.equal(isOver, true);
    await rejected;
  });
});
