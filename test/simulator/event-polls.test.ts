import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { parsed, type Reply, signedIn, simulatorFor, until } from "./gateway-client.ts";

/** From now on the simulator's times pass when the test says so; sockets need no time. */
function standingTime(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return (ms) => t.mock.timers.tick(ms);
}

async function soon(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !holds(); turn += 1) await new Promise(setImmediate);
  assert.ok(holds(), `${holds}`);
}

/** A poll that is held for so long and no shorter. */
async function heldFor(
  ms: number,
  poll: Promise<Reply>,
  heldPolls: () => number,
  pass: (ms: number) => void,
): Promise<Reply> {
  await soon(() => heldPolls() === 1);
  pass(ms - 1);
  assert.equal(heldPolls(), 1);
  pass(1);
  return poll;
}

test("a poll without an event is held, then answered with exactly the documented text", async (t) => {
  const pass = standingTime(t);
  const simulator = await simulatorFor(t, { pollHoldMs: 80 });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const reply = await heldFor(80, client.poll(), () => simulator.control.state().heldPolls, pass);
  assert.equal(reply.text, '{"message":"","retcode":"0"}');
});

test("the hold is ten seconds unless the time scale shortens it", async (t) => {
  const pass = standingTime(t);
  const simulator = await simulatorFor(t, { timeScale: 100 });
  assert.equal(simulator.control.settings().pollHoldMs, 10_000);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  await heldFor(100, client.poll(), () => simulator.control.state().heldPolls, pass);
});

test("an event answers the held poll at once, one event an answer", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  simulator.control.sendEvent("1201", "AgentState_Ready");
  simulator.control.sendEvent("1201", "AgentOther_BeQcStart", { qcType: 1, qcAgentId: "1204" });
  assert.equal(
    (await poll).text,
    '{"message":"","retcode":"0","event":{"eventType":"AgentState_Ready","workNo":"1201","content":null}}',
  );
  const second = await client.poll();
  assert.deepEqual(parsed(second).event, {
    eventType: "AgentOther_BeQcStart",
    workNo: "1201",
    content: { qcType: 1, qcAgentId: "1204" },
  });
});

test("a poll whose client leaves is no longer held, and loses no event", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const leaving = new AbortController();
  const poll = client.poll({ signal: leaving.signal });
  await until(() => simulator.control.state().heldPolls === 1);
  leaving.abort();
  await assert.rejects(poll, { name: "AbortError" });
  await until(() => simulator.control.state().heldPolls === 0);
  simulator.control.sendEvent("1201", "AgentState_Ready");
  assert.match((await client.poll()).text, /AgentState_Ready/);
  const { counters } = simulator.control.state();
  assert.equal(counters.abortedPolls, 1);
  assert.equal(simulator.control.violations().counts.overlappingPoll, 0);
});

test("an agent who is not polled is signed out, whatever else it calls", async (t) => {
  const pass = standingTime(t);
  const simulator = await simulatorFor(t, { sessionTimeoutMs: 150 });
  const client = await signedIn(simulator);
  for (let ms = 0; ms < 140; ms += 10) {
    assert.equal(parsed(await client.ids()).retcode, "0", `after ${ms} ms`);
    pass(10);
  }
  pass(10);
  assert.equal(parsed(await client.ids()).retcode, "100-006");
  assert.equal(simulator.control.state().counters.timedOut, 1);
});

test("an agent who is polled stays signed in far beyond that time", async (t) => {
  const simulator = await simulatorFor(t, { sessionTimeoutMs: 150, pollHoldMs: 20 });
  const client = await signedIn(simulator);
  const end = performance.now() + 450;
  while (performance.now() < end) {
    assert.equal(parsed(await client.poll()).retcode, "0");
    await wait(5);
  }
  assert.equal(simulator.control.state().counters.timedOut, 0);
});

test("a poll that its client has left keeps nobody signed in", async (t) => {
  const pass = standingTime(t);
  const simulator = await simulatorFor(t, { sessionTimeoutMs: 150 });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const { control } = simulator;
  for (let ms = 0; ms < 150; ms += 10) {
    const leaving = new AbortController();
    const poll = client.poll({ signal: leaving.signal });
    await soon(() => control.state().heldPolls === 1);
    pass(10);
    leaving.abort();
    await assert.rejects(poll, { name: "AbortError" });
    await soon(() => control.state().heldPolls === 0);
  }
  assert.equal(control.state().counters.timedOut, 1);
  assert.equal(parsed(await client.poll()).retcode, "100-006");
});

test("a handshake keeps an agent signed in as a poll does", async (t) => {
  const simulator = await simulatorFor(t, { sessionTimeoutMs: 150 });
  const client = await signedIn(simulator);
  for (let beat = 0; beat < 8; beat += 1) {
    assert.equal(parsed(await client.call("POST", "onlineagent", "handshake")).retcode, "0");
    await wait(40);
  }
  simulator.control.rotate("1201");
  const old = client.guid;
  await client.call("POST", "onlineagent", "handshake");
  assert.notEqual(client.guid, old);
});
