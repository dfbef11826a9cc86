import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { FaultSpec, Simulator } from "../../simulator/index.ts";
import { AgentClient, parsed, type Reply, send, signedIn, simulatorFor, until } from "./gateway-client.ts";

async function spoiled(
  t: TestContext,
  spec: Omit<FaultSpec, "on">,
): Promise<{ simulator: Simulator; reply: Promise<Reply> }> {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.addFault({ on: "queryvdnconfid", times: 1, ...spec });
  return { simulator, reply: client.ids({ signal: AbortSignal.timeout(3000) }) };
}

test("any retcode can be answered, with HTTP 200 and its message", async (t) => {
  for (const [retcode, message] of [
    ["000-004", "agent is being switched over"],
    ["700-003", "Unknown ERROR._700003"],
  ] as const) {
    const { reply } = await spoiled(t, { kind: "retcode", retcode });
    assert.equal((await reply).status, 200);
    assert.deepEqual(parsed(await reply), { message, retcode });
  }
});

test("any HTTP status can be answered, with a page or a body of one's own", async (t) => {
  assert.equal((await (await spoiled(t, { kind: "status" })).reply).status, 500);
  const own = await (await spoiled(t, { kind: "status", status: 503, body: "down" })).reply;
  assert.deepEqual([own.status, own.text], [503, "down"]);
});

test("200 can come as HTML, empty, of a wrong shape, or almost JSON", async (t) => {
  const html = await (await spoiled(t, { kind: "html" })).reply;
  assert.deepEqual([html.status, html.headers["content-type"]], [200, "text/html;charset=utf-8"]);
  const empty = await (await spoiled(t, { kind: "empty" })).reply;
  assert.deepEqual([empty.status, empty.text], [200, ""]);
  assert.equal(typeof parsed(await (await spoiled(t, { kind: "shape" })).reply).retcode, "object");
  assert.equal((await (await spoiled(t, { kind: "shape", body: "[]" })).reply).text, "[]");
  const broken = await (await spoiled(t, { kind: "invalid-json" })).reply;
  assert.throws(() => JSON.parse(broken.text), SyntaxError);
});

test("an answer can redirect elsewhere", async (t) => {
  const { reply } = await spoiled(t, { kind: "redirect", status: 307, location: "http://127.0.0.1:1/x" });
  assert.equal((await reply).status, 307);
  assert.equal((await reply).headers.location, "http://127.0.0.1:1/x");
});

test("an answer can be huge", async (t) => {
  const { reply } = await spoiled(t, { kind: "huge", bytes: 3_000_000 });
  assert.equal((await reply).text.length, 3_000_000);
  assert.equal(parsed(await reply).retcode, "0");
});

test("a connection can be reset before any answer", async (t) => {
  const { reply } = await spoiled(t, { kind: "reset" });
  await assert.rejects(reply, { code: "ECONNRESET" });
});

test("an answer can be cut off in the middle of its body", async (t) => {
  const { reply } = await spoiled(t, { kind: "cut" });
  await assert.rejects(reply, { code: "ECONNRESET", message: "aborted" });
});

test("an answer can drip", async (t) => {
  const { reply } = await spoiled(t, { kind: "drip", chunk: 10, everyMs: 10 });
  const { text, ms } = await reply;
  assert.match(text, /355840/);
  assert.ok(ms >= 80, `${ms} ms`);
});

test("an answer can be late", async (t) => {
  const { reply } = await spoiled(t, { kind: "delay", delayMs: 60 });
  assert.ok((await reply).ms >= 55);
  assert.equal(parsed(await reply).retcode, "0");
});

test("an answer's headers can be changed or left out", async (t) => {
  const simulator = await simulatorFor(t);
  simulator.control.addFault({ kind: "headers", on: "sign-in", headers: { "set-guid": null, "X-Node": "2" } });
  const reply = await new AgentClient(simulator).signIn();
  assert.equal(reply.headers["set-guid"], undefined);
  assert.equal(reply.headers["x-node"], "2");
  assert.equal(parsed(reply).retcode, "0");
});

test("an answer can be compressed though nobody asked for it, also one that is huge when it is unpacked", async (t) => {
  for (const encoding of ["gzip", "deflate", "br"] as const) {
    const reply = await (await spoiled(t, { kind: "compressed", encoding })).reply;
    assert.equal(reply.headers["content-encoding"], encoding);
    assert.match(reply.text, /355840/);
  }
  const huge = await (await spoiled(t, { kind: "huge", bytes: 5_000_000, encoding: "gzip" })).reply;
  assert.equal(huge.text.length, 5_000_000);
  assert.equal(parsed(huge).retcode, "0");
});

test("an answer can come after interim ones that nobody asked for", async (t) => {
  for (const [status, seen] of [
    [undefined, 100],
    [102, 102],
    [103, 103],
  ] as const) {
    const reply = await (await spoiled(t, { kind: "interim", ...(status !== undefined && { status }) })).reply;
    assert.ok(reply.interim.includes(seen), `${seen}: ${reply.interim}`);
    assert.match(reply.text, /355840/);
  }
});

test("a spell of refusals is over after the time given, for one agent or for all, sign-ins left alone", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const fault = { kind: "retcode", retcode: "000-003", on: "with-guid", forMs: 60 } as const;
  simulator.control.addFault({ ...fault, agentId: "1201" });
  const other = await signedIn(simulator, "1204");
  assert.deepEqual([parsed(await client.ids()).retcode, parsed(await other.ids()).retcode], ["000-003", "0"]);
  assert.equal(parsed(await client.signIn({}, "forcelogin")).retcode, "0");
  await until(() => simulator.control.faults().length === 0);
  assert.equal(parsed(await client.ids()).retcode, "0");
  simulator.control.addFault(fault);
  assert.deepEqual([parsed(await client.ids()).retcode, parsed(await other.poll()).retcode], ["000-003", "000-003"]);
});

test("an interface can be missing or broken for one agent alone, by any HTTP status", async (t) => {
  const simulator = await simulatorFor(t);
  const [client, other] = [await signedIn(simulator), await signedIn(simulator, "1204")];
  for (const status of [404, 405, 500, 501]) {
    const fault = simulator.control.addFault({ kind: "status", status, on: "iscensor", agentId: "1201" });
    assert.equal((await client.call("GET", "agentgroup", "iscensor")).status, status);
    assert.equal((await other.call("GET", "agentgroup", "iscensor")).status, 200);
    fault.clear();
  }
});

test("a fault can be for the clients at one address", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.addFault({ kind: "reset", on: "*", address: "127.0.0.2" });
  await assert.rejects(client.ids({ from: "127.0.0.2" }), { code: "ECONNRESET" });
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("a sign-in can be held back, and is done when the gateway gets to it, its client there or not", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  const held = simulator.control.addFault({ kind: "hold", on: "sign-in", times: 1 });
  const leaving = new AbortController();
  const url = `${simulator.url}/onlineagent/1201`;
  const body = { password: "secret-1201", phonenum: "40038" };
  const left = send("PUT", url, { body, signal: leaving.signal });
  left.catch(() => undefined);
  await until(() => held.played === 1);
  leaving.abort();
  await assert.rejects(left);
  assert.equal(parsed(await client.signIn()).retcode, "100-021", "it is still under way");
  assert.equal(simulator.control.agent("1201").signedIn, false);
  held.clear();
  await until(() => simulator.control.agent("1201").signedIn);
  assert.equal(parsed(await client.signIn()).retcode, "100-002");
  assert.equal(simulator.control.violations().counts.overlappingSignIn, 1);
});

test("a call hangs until its client leaves", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  simulator.control.addFault({ kind: "hang", on: "queryvdnconfid" });
  await assert.rejects(client.ids({ signal: AbortSignal.timeout(40) }), { name: /AbortError|TimeoutError/ });
});

test("a call hangs until the fault is cleared, and then its connection ends", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const fault = simulator.control.addFault({ kind: "hang", on: "queryvdnconfid" });
  const reply = client.ids();
  reply.catch(() => undefined);
  await until(() => fault.played === 1);
  fault.clear();
  await assert.rejects(reply, { code: "ECONNRESET" });
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("a fault is played as often as asked, after as many good answers as asked, for the agent asked", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const other = await signedIn(simulator, "1204");
  simulator.control.addFault({ kind: "retcode", retcode: "100-007", on: "*", agentId: "1201", times: 2, after: 1 });
  const codes = [];
  for (let call = 0; call < 4; call += 1) codes.push(parsed(await client.ids()).retcode);
  assert.deepEqual(codes, ["0", "100-007", "100-007", "0"]);
  assert.equal(parsed(await other.ids()).retcode, "0");
  assert.equal(simulator.control.state().counters.faultsPlayed, 2);
});

test("a fault may name several interfaces, or a path with stars", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const codes = async () => [
    parsed(await client.ids()).retcode,
    parsed(await client.infos("[1]")).retcode,
    parsed(await client.poll()).retcode,
  ];
  const one = simulator.control.addFault({ kind: "retcode", retcode: "1", on: "/agentconf/*/query*" });
  assert.deepEqual(await codes(), ["1", "1", "0"]);
  one.clear();
  simulator.control.addFault({ kind: "retcode", retcode: "2", on: ["poll", "queryvdnconfid"] });
  assert.deepEqual(await codes(), ["2", "0", "2"]);
  assert.equal(simulator.control.clearFaults(), 1);
  assert.deepEqual(await codes(), ["0", "0", "0"]);
});

test("a sign-in can happen and its answer be lost", async (t) => {
  const simulator = await simulatorFor(t);
  const client = new AgentClient(simulator);
  simulator.control.addFault({ kind: "reset", on: "sign-in", worked: true, times: 1 });
  await assert.rejects(client.signIn());
  assert.equal(simulator.control.agent("1201").signedIn, true);
  simulator.control.addFault({ kind: "reset", on: "logout", times: 1 });
  await assert.rejects(client.signOut());
  assert.equal(simulator.control.agent("1201").signedIn, true, "without `worked` nothing happens");
});

test("a rule that makes no sense is refused with the reason", async (t) => {
  const { control } = await simulatorFor(t);
  const refused = [
    [{ kind: "explode", on: "*" }, /^kind: one of/],
    [{ kind: "hang", on: "polls" }, /^on: one of/],
    [{ kind: "hang", on: [] }, /^on:/],
    [{ kind: "retcode", on: "*" }, /^retcode: missing/],
    [{ kind: "hang", on: "*", times: "2" }, /^times: a number/],
    [{ kind: "hang", on: "*", time: 2 }, /^time: no such field$/],
    [{ kind: "headers", on: "*", headers: { a: 1 } }, /^headers\.a: a text/],
  ] as const;
  for (const [spec, message] of refused) {
    assert.throws(() => control.addFault(spec as unknown as FaultSpec), { name: "TypeError", message });
  }
  assert.deepEqual(control.faults(), []);
});

test("closing the simulator ends what hangs, drips and is held", async (t) => {
  const simulator = await simulatorFor(t);
  const [held, hanging, dripping] = await Promise.all(["1201", "1202", "1204"].map((id) => signedIn(simulator, id)));
  assert.ok(held && hanging && dripping);
  for (let event = 0; event < 3; event += 1) await held.poll();
  simulator.control.addFault({ kind: "hang", on: "poll", agentId: "1202" });
  simulator.control.addFault({ kind: "drip", on: "queryvdnconfid" });
  const replies = Promise.allSettled([held.poll(), hanging.poll(), dripping.ids()]);
  await until(() => simulator.control.state().heldPolls === 1 && simulator.control.state().counters.faultsPlayed === 2);
  await simulator.close();
  assert.deepEqual(
    (await replies).map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
});
