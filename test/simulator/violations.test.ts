import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Violation } from "../../simulator/index.ts";
import { AgentClient, signedIn, simulatorFor, until } from "./gateway-client.ts";

/** The violations that were counted at all. */
function counted(counts: Readonly<Record<Violation, number>>): Partial<Record<Violation, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

test("a client that does everything right is accused of nothing", async (t) => {
  const simulator = await simulatorFor(t, { timeScale: 10, pollHoldMs: 100, guidOverlapMs: 0, requireCookies: true });
  const client = await signedIn(simulator);
  for (let poll = 0; poll < 5; poll += 1) {
    await client.poll();
    await client.ids();
    if (poll === 2) simulator.control.rotate();
    await wait(25);
  }
  await client.infos("[355840]");
  await client.signOut();
  assert.deepEqual(counted(simulator.control.violations().counts), {});
});

test("a poll while another is open is counted", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 60, hastyPollMs: 0 });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  simulator.control.clearCounters();
  const first = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  await Promise.all([first, client.poll()]);
  assert.deepEqual(counted(simulator.control.violations().counts), { overlappingPoll: 1 });
});

test("a poll that hangs by a fault is open as well", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 5 });
  const client = await signedIn(simulator);
  const fault = simulator.control.addFault({ kind: "hang", on: "poll", times: 1 });
  const hanging = client.poll();
  hanging.catch(() => undefined);
  await until(() => fault.played === 1);
  await client.poll();
  assert.equal(simulator.control.violations().counts.overlappingPoll, 1);
  fault.clear();
  await assert.rejects(hanging);
});

test("a poll that follows one that its client has just left is not counted", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 100, hastyPollMs: 0 });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  simulator.control.clearCounters();
  for (let turn = 0; turn < 5; turn += 1) {
    const leaving = new AbortController();
    const poll = client.poll({ signal: leaving.signal });
    poll.catch(() => undefined);
    await until(() => simulator.control.state().heldPolls === 1);
    leaving.abort();
    if (turn < 4) await until(() => simulator.control.state().heldPolls === 0);
  }
  await client.poll();
  await wait(30);
  assert.deepEqual(counted(simulator.control.violations().counts), {});
});

test("a poll too soon after an answer is counted, one after the pause is not", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 5 });
  const client = await signedIn(simulator);
  await client.poll();
  await wait(210);
  await client.poll();
  assert.equal(simulator.control.violations().counts.hastyPoll, 0);
  await client.poll();
  const { counts, recent } = simulator.control.violations();
  assert.equal(counts.hastyPoll, 1);
  assert.equal(recent[0]?.agentId, "1201");
  assert.match(recent[0]?.detail ?? "", /^\d+ ms$/);
});

test("a poll too soon after a broken one is counted apart", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 5 });
  const client = await signedIn(simulator);
  simulator.control.addFault({ kind: "reset", on: "poll", times: 1 });
  await assert.rejects(client.poll());
  await client.poll();
  assert.deepEqual(counted(simulator.control.violations().counts), { hastyPollAfterFault: 1 });
});

test("Guids that are missing, made up or stale are counted apart", async (t) => {
  const simulator = await simulatorFor(t, { guidOverlapMs: 0 });
  const client = await signedIn(simulator);
  const old = client.guid;
  simulator.control.rotate();
  await client.poll();
  await client.ids({ guid: old });
  await client.ids({ guid: "made-up" });
  await client.ids({ guid: "" });
  assert.deepEqual(counted(simulator.control.violations().counts), { staleGuid: 1, unknownGuid: 1, missingGuid: 1 });
});

test("a missing and a wrong Content-Type are counted, and refused where the site is strict", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (const contentType of [
    "application/json",
    'application/json; charset="utf-8"',
    "Application/JSON;charset=UTF-8",
  ]) {
    await client.ids({ contentType });
  }
  assert.deepEqual(counted(simulator.control.violations().counts), {});
  await client.ids({ contentType: null });
  await client.ids({ contentType: "text/plain" });
  await client.ids({ contentType: "application/json; charset=gbk" });
  const { counts } = simulator.control.violations();
  assert.deepEqual(counted(counts), { missingContentType: 1, wrongContentType: 2 });
  simulator.control.configure({ strictHeaders: true });
  assert.equal((await client.ids({ contentType: null })).status, 415);
});

test("a sign-out during a sign-in is counted", async (t) => {
  const simulator = await simulatorFor(t, { latencyMs: 30 });
  const client = await signedIn(simulator);
  const signIn = client.signIn({}, "forcelogin");
  await until(() => simulator.control.state().calls.forcelogin === 1);
  await client.signOut();
  await signIn;
  assert.equal(simulator.control.violations().counts.overlappingSignIn, 1);
});

test("a call after the agent's own sign-out is counted, a second sign-out is not", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  await client.signOut();
  await client.signOut();
  assert.deepEqual(counted(simulator.control.violations().counts), {});
  await client.poll();
  assert.deepEqual(counted(simulator.control.violations().counts), { callAfterSignOut: 1 });
});

test("a new sign-in clears nobody of an old Guid", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  await client.signOut();
  await new AgentClient(simulator).signIn();
  await client.ids();
  assert.deepEqual(counted(simulator.control.violations().counts), { staleGuid: 1 });
});
