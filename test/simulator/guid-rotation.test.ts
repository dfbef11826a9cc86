import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { parsed, signedIn, simulatorFor, until } from "./gateway-client.ts";

test("the first poll answered after the interval brings a new Guid, once", async (t) => {
  const simulator = await simulatorFor(t, { guidIntervalMs: 60, pollHoldMs: 5 });
  const client = await signedIn(simulator);
  const first = client.guid;
  assert.equal((await client.poll()).headers["set-guid"], undefined);
  await wait(70);
  assert.equal((await client.ids()).headers["set-guid"], undefined, "only a poll brings it");
  assert.match(String((await client.poll()).headers["set-guid"]), /^JSESSIONID=.+\.AgentGateway1$/);
  assert.notEqual(client.guid, first);
  assert.equal((await client.poll()).headers["set-guid"], undefined, "only once");
  assert.equal(simulator.control.state().counters.rotations, 1);
});

test("a poll that is held across the interval brings the new Guid at the end of its hold", async (t) => {
  const simulator = await simulatorFor(t, { guidIntervalMs: 50, pollHoldMs: 120 });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const reply = await client.poll();
  assert.ok(reply.ms >= 110);
  assert.notEqual(reply.headers["set-guid"], undefined);
});

test("without an overlap the old Guid is refused at once", async (t) => {
  const simulator = await simulatorFor(t, { guidOverlapMs: 0 });
  const client = await signedIn(simulator);
  const old = client.guid;
  simulator.control.rotate("1201");
  await client.poll();
  assert.equal(parsed(await client.ids({ guid: old })).retcode, "000-003");
  assert.equal(parsed(await client.ids()).retcode, "0");
  assert.equal(simulator.control.violations().counts.staleGuid, 1);
});

test("within the overlap the old Guid is accepted, after it no more", async (t) => {
  const simulator = await simulatorFor(t, { guidOverlapMs: 80 });
  const client = await signedIn(simulator);
  const old = client.guid;
  simulator.control.rotate("1201");
  await client.poll();
  assert.equal(parsed(await client.ids({ guid: old })).retcode, "0");
  assert.equal(simulator.control.state().counters.overlapGuids, 1);
  assert.equal(simulator.control.violations().counts.staleGuid, 0);
  await wait(90);
  assert.equal(parsed(await client.ids({ guid: old })).retcode, "000-003");
});

test("rotating on command answers the held poll at once", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  simulator.control.rotate();
  const reply = await poll;
  assert.equal(reply.text, '{"message":"","retcode":"0"}');
  assert.notEqual(reply.headers["set-guid"], undefined);
});

test("a rotation whose answer the client never read is lost to it", async (t) => {
  const simulator = await simulatorFor(t, { guidOverlapMs: 0 });
  const client = await signedIn(simulator);
  simulator.control.addFault({ kind: "reset", on: "poll", worked: true, times: 1 });
  simulator.control.rotate("1201");
  await assert.rejects(client.poll());
  assert.equal(parsed(await client.ids()).retcode, "000-003");
});

test("static authentication never rotates", async (t) => {
  const simulator = await simulatorFor(t, { authMode: "static", guidIntervalMs: 1, pollHoldMs: 5 });
  const client = await signedIn(simulator);
  const { guid } = client;
  for (let poll = 0; poll < 5; poll += 1) await client.poll();
  assert.equal(client.guid, guid);
});

test("a Guid can be made invalid while its agent stays signed in", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.invalidate("1201");
  assert.equal(parsed(await client.ids()).retcode, "000-003");
  assert.equal(parsed(await client.ids({ guid: simulator.control.agent("1201").guid ?? "" })).retcode, "0");
});
