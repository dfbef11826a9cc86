import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, parsed, signedIn, simulatorFor, until } from "./gateway-client.ts";

test("a signed-out agent's held poll ends with 100-006, without an event", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  assert.equal((await client.signOut()).text, '{"message":"success","retcode":"0","result":{}}');
  assert.equal(parsed(await poll).retcode, "100-006");
  assert.equal(parsed(await client.ids()).retcode, "100-006");
  assert.equal(parsed(await client.signOut()).retcode, "100-006");
});

test("an agent who is talking is not signed out, unless forced", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator, "1209");
  assert.equal(parsed(await client.signOut()).retcode, "100-010");
  const { result } = parsed(await client.call("GET", "onlineagent", "agentstatus"));
  assert.deepEqual(result, { agentState: 7, isWorking: true });
  assert.equal((await client.signOut("forcelogout")).text, '{"message":"success","retcode":"0"}');
  assert.equal(simulator.control.agent("1209").talking, false);
});

test("an agent in a conference is talking, and leaves it by a forced sign-out", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator, "1252");
  assert.equal(parsed(await client.signOut()).retcode, "100-010");
  assert.equal(parsed(await client.signOut("forcelogout")).retcode, "0");
  const addresses = () => simulator.control.conference("355840").participants.map(({ address }) => address);
  assert.deepEqual(addresses(), ["1251", "70005"]);
  simulator.control.configure({ chairGone: "lives-on" });
  await (await signedIn(simulator, "1251")).signOut("forcelogout");
  assert.deepEqual(addresses(), ["70005"]);
  simulator.control.configure({ chairGone: "ends" });
  await (await signedIn(simulator, "1253")).signOut("forcelogout");
  assert.throws(() => simulator.control.conference("1029888"), RangeError, "it ends with its chair");
});

test("a forced sign-out may give a reason from 1 to 255", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (const reason of ["0", "256", "x"]) {
    assert.equal(parsed(await client.signOut(`forcelogoutwithreason/${reason}`)).retcode, "100-005", reason);
  }
  assert.equal(parsed(await client.signOut("forcelogoutwithreason/255")).retcode, "0");
});

test("nobody is signed out with another's Guid", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const stranger = new AgentClient(simulator);
  stranger.guid = "made-up.AgentGateway0";
  assert.equal(parsed(await stranger.signOut("forcelogout")).retcode, "000-003");
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("an agent whom the platform signs out hears it on the held poll", async (t) => {
  const simulator = await simulatorFor(t, { eventGenTime: true });
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  simulator.control.kick("1201");
  const { eventType, eventGenTime, content } = parsed(await poll).event as Record<string, unknown>;
  assert.equal(eventType, "AgentOther_ShutdownService");
  assert.equal(typeof eventGenTime, "number");
  assert.match((content as { loginTime: string }).loginTime, /^\d{13}$/);
  assert.equal(parsed(await client.poll()).retcode, "100-006");
});

test("an agent whom the platform signs out between two polls hears it on the next, once", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.kick("1201");
  const { eventType } = parsed(await client.poll()).event as Record<string, unknown>;
  assert.equal(eventType, "AgentOther_ShutdownService");
  assert.equal(parsed(await client.poll()).retcode, "100-006");
});
