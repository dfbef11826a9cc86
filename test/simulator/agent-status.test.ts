import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, parsed, send, signedIn, simulatorFor, until } from "./gateway-client.ts";

const status = (client: AgentClient) => client.call("GET", "onlineagent", "agentstatus");

test("agentstatus tells the state by the gateway's numbers", async (t) => {
  const simulator = await simulatorFor(t);
  for (const [asked, agentState] of [
    [3, 3],
    [4, 4],
    [5, 5],
  ]) {
    const client = new AgentClient(simulator);
    await client.signIn({ status: asked }, "forcelogin");
    assert.deepEqual(parsed(await status(client)).result, { agentState, isWorking: false });
  }
});

test("it can be told to say another state, and to give it in a list", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.putAgent("1201", { agentState: 2 });
  assert.deepEqual(parsed(await status(client)).result, { agentState: 2, isWorking: false });
  simulator.control.putAgent("1201", { agentState: null });
  simulator.control.configure({ agentStatusShape: "array" });
  assert.deepEqual(parsed(await status(client)).result, [{ agentState: 3, isWorking: false }]);
});

test("an agent who is out gets 100-006, or the state of one who is out, as the site has it", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.kick("1201");
  assert.equal(parsed(await status(client)).retcode, "100-006");
  simulator.control.configure({ signedOutStatus: "state" });
  assert.deepEqual(parsed(await status(client)).result, { agentState: 2, isWorking: false });
  await new AgentClient(simulator).signIn();
  assert.equal(parsed(await status(client)).retcode, "000-003", "in again, with another Guid");
});

for (const forcedOutEvent of ["to-the-old", "to-the-new"] as const) {
  test(`a forced sign-in's end of the former one names that one: ${forcedOutEvent}`, async (t) => {
    const simulator = await simulatorFor(t, { forcedOutEvent, pollHoldMs: 5 });
    const old = await signedIn(simulator);
    await old.drain();
    const { loginTime } = simulator.control.agent("1201");
    const fresh = new AgentClient(simulator);
    await fresh.signIn({}, "forcelogin");
    assert.notEqual(fresh.guid, old.guid);
    const event = { eventType: "AgentOther_ShutdownService", workNo: "1201", content: { loginTime } };
    const hears = forcedOutEvent === "to-the-old" ? old : fresh;
    assert.deepEqual(parsed(await hears.poll()).event, event);
    assert.equal(parsed(await old.poll()).retcode, "000-003");
    assert.equal(simulator.control.agent("1201").signedIn, true);
  });
}

test("the former one's held poll brings it at once", async (t) => {
  const simulator = await simulatorFor(t, { forcedOutEvent: "to-the-old" });
  const old = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await old.poll();
  const poll = old.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  await send("PUT", `${simulator.url}/onlineagent/1201/forcelogin`, {
    body: { password: "secret-1201", phonenum: "40038" },
  });
  const { eventType } = parsed(await poll).event as { eventType: string };
  assert.equal(eventType, "AgentOther_ShutdownService");
});
