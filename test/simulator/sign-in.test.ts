import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, parsed, send, signedIn, simulatorFor, until } from "./gateway-client.ts";

test("an agent signs in and gets its Guid in a header, never in the body", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  const reply = await client.signIn();
  assert.equal(reply.status, 200);
  assert.match(String(reply.headers["set-guid"]), /^JSESSIONID=[0-9a-f-]{36}\.AgentGateway1$/);
  assert.doesNotMatch(reply.text, new RegExp(client.guid));
  const { loginTime, ...result } = parsed(reply).result as Record<string, unknown>;
  assert.match(String(loginTime), /^\d{13}$/);
  assert.deepEqual(result, {
    vdnid: 1,
    workno: "1201",
    mediatype: "TTF",
    isForceChange: "false",
    serverName: "AgentGateway",
    timeRemaining: "9",
  });
});

test("Guids name the node of their agent", async (t) => {
  const simulator = await simulatorFor(t, { nodes: 2 });
  const guids = await Promise.all(["1201", "1204"].map(async (id) => (await signedIn(simulator, id)).guid));
  assert.match(guids[0] ?? "", /\.AgentGateway1$/);
  assert.match(guids[1] ?? "", /\.AgentGateway0$/);
});

test("numbers and booleans of the sign-in body may be texts, as in the documented example", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  const fields = { status: "5", agenttype: "4", releasephone: "false", autoanswer: true, ip: "10.0.0.7" };
  assert.equal(parsed(await client.signIn(fields)).retcode, "0");
});

const refusedBodies = [
  ["a missing phone number", { phonenum: undefined }, "100-001"],
  ["an empty phone number", { phonenum: "" }, "100-001"],
  ["a phone number with letters", { phonenum: "4003x" }, "100-013"],
  ["a missing password", { password: undefined }, "100-001"],
  ["a password of 33 characters", { password: "x".repeat(33) }, "100-001"],
  ["a status that nobody signs in with", { status: 9 }, "100-011"],
  ["a status that is no number", { status: "busy" }, "100-011"],
  ["a flag that is no boolean", { autoanswer: "maybe" }, "100-011"],
  ["an unknown agent type", { agenttype: 7 }, "100-012"],
  ["an IPv6 address", { ip: "::1" }, "100-016"],
  ["a callback that is too long", { callBackUri: "x".repeat(201) }, "100-001"],
] as const;

test("a wrong sign-in body is refused by its own retcode, with HTTP 200", async (t) => {
  const simulator = await simulatorFor(t);
  for (const [what, fields, retcode] of refusedBodies) {
    const reply = await new AgentClient(simulator).signIn(fields);
    assert.equal(reply.status, 200, what);
    assert.equal(parsed(reply).retcode, retcode, what);
    assert.equal(reply.headers["set-guid"], undefined, what);
  }
  assert.equal(simulator.control.state().agents.signedIn, 0);
});

const refusedAgents = [
  ["an unknown agent", "1999", {}, "100-004"],
  ["an id below 101", "100", {}, "000-002"],
  ["an id above the highest", "1000000", {}, "000-002"],
  ["a wrong password", "1201", { password: "guess" }, "100-004"],
  ["a locked account", "1205", {}, "110-016"],
  ["an expired password", "1207", {}, "100-020"],
] as const;

test("an account that may not sign in is refused by its own retcode", async (t) => {
  const simulator = await simulatorFor(t);
  for (const [what, agentId, fields, retcode] of refusedAgents) {
    assert.equal(parsed(await new AgentClient(simulator, agentId).signIn(fields)).retcode, retcode, what);
  }
});

test("older editions know agent ids up to 59999", async (t) => {
  const simulator = await simulatorFor(t, { maxAgentId: 59_999, accounts: [{ agentId: "60000" }] });
  assert.equal(parsed(await new AgentClient(simulator, "60000").signIn()).retcode, "000-002");
});

test("wrong passwords lock an account where the site says so", async (t) => {
  const simulator = await simulatorFor(t, { lockAfter: 2 });
  const client = new AgentClient(simulator);
  const codes = [];
  for (const password of ["a", "b", "secret-1201"]) codes.push(parsed(await client.signIn({ password })).retcode);
  assert.deepEqual(codes, ["100-004", "100-004", "110-016"]);
});

test("an agent who must change the password is told so, and can do nothing but sign out", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator, "1208");
  const result = parsed(await client.signIn()).result as Record<string, unknown>;
  assert.equal(result.isForceChange, "true");
  assert.equal(parsed(await client.ids()).retcode, "100-007");
  assert.equal(parsed(await client.signOut()).retcode, "0");
});

test("a second sign-in is refused until it is forced, then the first client's poll ends and its Guid is dead", async (t) => {
  const simulator = await simulatorFor(t);
  const first = await signedIn(simulator);
  const poll = first.drain();
  await until(() => simulator.control.state().heldPolls === 1);

  const second = new AgentClient(simulator);
  assert.equal(parsed(await second.signIn()).retcode, "100-002");
  assert.equal(parsed(await second.signIn({ password: "guess" }, "forcelogin")).retcode, "100-004");
  assert.equal(parsed(await second.signIn({}, "forcelogin")).retcode, "0");

  assert.deepEqual(await poll, ["AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success"]);
  assert.equal(parsed(await first.ids()).retcode, "000-003");
  assert.equal(parsed(await second.ids()).retcode, "0");
});

test("an unforceable agent is not pushed out", async (t) => {
  const simulator = await simulatorFor(t);
  const first = await signedIn(simulator, "1206");
  assert.equal(parsed(await new AgentClient(simulator, "1206").signIn({}, "forcelogin")).retcode, "100-015");
  assert.equal(parsed(await first.ids()).retcode, "0");
});

test("a platform-only sign-in needs neither phone nor password", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  assert.equal(parsed(await client.call("PUT", "onlineagent", "loginex", { body: {} })).retcode, "0");
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("of two sign-ins at once the later is told not to repeat", async (t) => {
  const simulator = await simulatorFor(t, { latencyMs: 40 });
  const replies = await Promise.all([new AgentClient(simulator).signIn(), new AgentClient(simulator).signIn()]);
  assert.deepEqual(replies.map((reply) => parsed(reply).retcode).sort(), ["0", "100-021"]);
  assert.equal(simulator.control.violations().counts.overlappingSignIn, 1);
});

for (const [name, status, events] of [
  ["idle", 4, ["AgentOther_InService", "AgentState_Ready"]],
  ["busy", 3, ["AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success"]],
  ["in after-call work", 5, ["AgentOther_InService", "AgentState_Ready", "AgentState_Work"]],
] as const) {
  test(`an agent who signs in ${name} gets the events of that state`, async (t) => {
    const simulator = await simulatorFor(t, { pollHoldMs: 5 });
    const client = new AgentClient(simulator);
    await client.signIn({ status });
    assert.deepEqual(await client.drain(), events);
    const { result } = parsed(await client.call("GET", "onlineagent", "agentstatus"));
    assert.deepEqual(result, { agentState: status, isWorking: false });
  });
}

test("an agent who asks for pushed events may not poll", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  await client.signIn({ callBackUri: "https://app.example/events", serviceToken: "token" });
  assert.equal(parsed(await client.poll()).retcode, "000-001");
});

test("updateGuid gives a new Guid in the body alone, and the old one dies", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const old = client.guid;
  const reply = await client.call("PUT", "onlineagent", "updateGuid");
  assert.equal(reply.headers["set-guid"], undefined);
  assert.equal(parsed(await client.ids()).retcode, "000-003");
  const { guid } = parsed(reply).result as { guid: string };
  assert.notEqual(guid, old);
  assert.equal(parsed(await client.ids({ guid })).retcode, "0");
});

test("what is no JSON, and what is no interface, meets the servlet container's HTML", async (t) => {
  const simulator = await simulatorFor(t);
  const expected = [
    [400, await send("PUT", `${simulator.url}/onlineagent/1201`, { body: "{password" })],
    [404, await send("GET", `${simulator.url}/onlineagent/1201/nothing`)],
    [404, await send("GET", `${simulator.url.replace("/resource", "")}/agentevent/1201`)],
    [405, await send("POST", `${simulator.url}/agentevent/1201`)],
  ] as const;
  for (const [status, reply] of expected) {
    assert.equal(reply.status, status);
    assert.match(String(reply.headers["content-type"]), /^text\/html/);
  }
  const { counts } = simulator.control.violations();
  assert.deepEqual([counts.invalidBody, counts.unknownPath, counts.wrongMethod], [1, 2, 1]);
});
