import assert from "node:assert/strict";
import { test } from "node:test";
import { KNOB_NAMES } from "../../simulator/settings.ts";
import { parsed, send, signedIn, simulatorFor, until } from "./gateway-client.ts";

test("the control interface lists its own commands", async (t) => {
  const { controlUrl } = await simulatorFor(t);
  const commands = JSON.parse((await send("GET", controlUrl)).text);
  assert.match(commands["GET /simulator/state"], /calls/);
  assert.match(commands["POST /simulator/faults"], /kind/);
});

test("everything can be steered over HTTP: agents, Guids, events", async (t) => {
  const { url, controlUrl, control } = await simulatorFor(t);
  const put = await send("PUT", `${controlUrl}/agents/1777`, { body: { password: "x", vdnId: 2, inspector: true } });
  assert.equal(JSON.parse(put.text).vdnId, 2);
  const { guid, cookie } = JSON.parse((await send("POST", `${controlUrl}/agents/1777/sign-in`)).text);
  const call = () => send("GET", `${url}/agentconf/1777/queryvdnconfid`, { guid, cookie });
  assert.match((await call()).text, /1030400/);
  await send("POST", `${controlUrl}/agents/1777/events`, {
    body: { eventType: "AgentState_Rest_Timeout", content: { a: 1 } },
  });
  assert.equal(JSON.parse((await send("GET", `${controlUrl}/agents/1777`)).text).queuedEvents, 4);
  assert.equal((await send("POST", `${controlUrl}/agents/1777/rotate`)).status, 204);
  const poll = await send("GET", `${url}/agentevent/1777`, { guid, cookie });
  assert.notEqual(poll.headers["set-guid"], undefined);
  await send("POST", `${controlUrl}/agents/1777/invalidate`);
  assert.equal(parsed(await call()).retcode, "000-003");
  await send("POST", `${controlUrl}/agents/1777/kick`);
  assert.equal(parsed(await call()).retcode, "100-006");
  const [out, all] = [`${controlUrl}/agents?signedIn=true`, `${controlUrl}/agents?limit=3`];
  assert.deepEqual(JSON.parse((await send("GET", out)).text), []);
  assert.equal(JSON.parse((await send("GET", all)).text).length, 3);
  assert.equal(control.state().counters.rotations, 1);
  assert.equal((await send("POST", `${controlUrl}/rotate`)).status, 204);
});

test("an event can name the sign-in that it belongs to", async (t) => {
  const simulator = await simulatorFor(t, { pollHoldMs: 5 });
  const client = await signedIn(simulator);
  await client.drain();
  const { loginTime } = simulator.control.agent("1201");
  const body = { eventType: "Note", content: { note: 1 }, stamped: true };
  await send("POST", `${simulator.controlUrl}/agents/1201/events`, { body });
  assert.deepEqual(parsed(await client.poll()).event, {
    eventType: "Note",
    workNo: "1201",
    content: { note: 1, loginTime },
  });
});

test("conferences can be steered over HTTP, ids past 2^53 as numbers or text", async (t) => {
  const { controlUrl } = await simulatorFor(t);
  const conferences = `${controlUrl}/conferences`;
  await send("DELETE", conferences);
  const started = await send("POST", conferences, {
    body: '{"id":9007199254740995,"participants":[{"address":"1202"}]}',
  });
  assert.equal(JSON.parse(started.text).id, "9007199254740995");
  const one = `${conferences}/9007199254740995`;
  await send("POST", `${one}/participants`, { body: { address: "70001", kind: "phone" } });
  await send("PATCH", `${one}/participants/70001`, { body: { audio: 2, state: 1 } });
  await send("PATCH", one, { body: { state: 1, bookedMinutes: 15 } });
  const { state, bookedMinutes, participants } = JSON.parse((await send("GET", one)).text);
  assert.deepEqual([state, bookedMinutes, participants[1].audio, participants[1].state], [1, 15, 2, 1]);
  await send("DELETE", `${one}/participants/70001?reason=removed`);
  assert.equal(JSON.parse((await send("GET", `${conferences}?vdnId=1`)).text)[0].participants.length, 1);
  assert.equal((await send("DELETE", one)).status, 204);
  assert.equal((await send("GET", one)).status, 404);
});

test("faults, settings, counters and violations can be steered over HTTP", async (t) => {
  const simulator = await simulatorFor(t);
  const { controlUrl } = simulator;
  const client = await signedIn(simulator);
  const body = { kind: "retcode", retcode: "000-004", on: "queryvdnconfid", times: 1 };
  const { id } = JSON.parse((await send("POST", `${controlUrl}/faults`, { body })).text);
  assert.equal(parsed(await client.ids()).retcode, "000-004");
  assert.deepEqual(JSON.parse((await send("GET", `${controlUrl}/faults`)).text), [{ id, spec: body, played: 1 }]);
  assert.equal((await send("DELETE", `${controlUrl}/faults/${id}`)).text, '{"cleared":1}\n');
  assert.equal((await send("DELETE", `${controlUrl}/faults`)).text, '{"cleared":0}\n');

  await send("PATCH", `${controlUrl}/settings`, { body: { numericRetcode: true } });
  assert.match((await client.ids()).text, /"retcode":0,/);
  const settings = JSON.parse((await send("GET", `${controlUrl}/settings`)).text);
  assert.deepEqual(Object.keys(settings), KNOB_NAMES);

  await client.ids({ guid: "made-up" });
  const state = JSON.parse((await send("GET", `${controlUrl}/state`)).text);
  assert.deepEqual([state.calls.queryvdnconfid, state.calls["sign-in"], state.agents.signedIn], [3, 1, 1]);
  const report = JSON.parse((await send("GET", `${controlUrl}/violations`)).text);
  assert.deepEqual([report.total, report.counts.unknownGuid, report.recent[0].agentId], [1, 1, "1201"]);
  await send("DELETE", `${controlUrl}/violations`);
  assert.equal(JSON.parse((await send("GET", `${controlUrl}/violations`)).text).total, 0);
});

test("a reset brings back the start", async (t) => {
  const { controlUrl, control } = await simulatorFor(t, { latencyMs: 1 });
  control.signIn("1201");
  control.configure({ latencyMs: 9 });
  control.clearConferences();
  control.putAgent("1777");
  control.addFault({ kind: "hang", on: "*" });
  assert.equal((await send("POST", `${controlUrl}/reset`)).status, 204);
  const { agents, conferences, faults } = control.state();
  assert.deepEqual([agents.signedIn, conferences, faults.length], [0, 4, 0]);
  assert.equal(control.settings().latencyMs, 1);
  assert.throws(() => control.agent("1777"), RangeError);
});

test("a wrong command is told what is wrong with it", async (t) => {
  const { controlUrl } = await simulatorFor(t);
  const wrong = [
    ["GET", "/nothing", undefined, 404, /no command/],
    ["PUT", "/state", undefined, 405, /method/],
    ["POST", "/faults", { kind: "x", on: "*" }, 400, /^kind/],
    ["POST", "/faults", "{", 400, /JSON/],
    ["POST", "/faults", "[]", 400, /an object/],
    ["PATCH", "/settings", { latencyMs: "soon", nothing: 1 }, 400, /latencyMs: milliseconds; nothing: no such setting/],
    ["PATCH", "/settings", { authMode: "3" }, 400, /dynamic \| static/],
    ["POST", "/faults", { kind: "hang", on: "*", forms: 3 }, 400, /^forms: no such field$/],
    ["POST", "/conferences", { participants: [{ adress: "1" }] }, 400, /^participants\[0\]\.adress: no such field/],
    ["POST", "/conferences", { vdn: 1 }, 400, /^vdn: no such field$/],
    ["PATCH", "/conferences/355840", { minutes: 1 }, 400, /^minutes: no such field$/],
    ["PATCH", "/conferences/355840/participants/70005", { held: true }, 400, /^held: no such field$/],
    ["DELETE", "/conferences/355840/participants/70005?because=left", undefined, 400, /^because: no such field$/],
    ["DELETE", "/conferences/355840/participants/70005?reason=x", undefined, 400, /^reason: one of left, removed/],
    ["GET", "/agents?signedin=true", undefined, 400, /^signedin: no such field$/],
    ["POST", "/agents/1201/events", { eventType: "x", contents: 1 }, 400, /^contents: no such field$/],
    ["POST", "/agents/1201/kick", { now: true }, 400, /^now: no such field$/],
    ["POST", "/rotate", { agentId: "1201" }, 400, /^agentId: no such field$/],
    ["POST", "/down", { formMs: 3 }, 400, /^formMs: no such field; forMs: missing/],
    ["POST", "/cut-off", { forMs: 3 }, 400, /^address: missing/],
    ["GET", "/agents/9", undefined, 404, /no agent 9/],
    ["PUT", "/agents/1201", { inspector: "yes" }, 400, /inspector: a boolean/],
    ["PUT", "/agents/1201", { agentId: "7" }, 400, /agentId: no such field/],
    ["GET", "/conferences/x", undefined, 404, /no conference x/],
    ["POST", "/conferences", { id: 355840 }, 400, /exists/],
    ["POST", "/conferences", { id: "18446744073709551615" }, 400, /64-bit/],
    ["POST", "/conferences/355840/participants", {}, 400, /^address/],
    ["DELETE", "/conferences/355840/participants/7", undefined, 404, /not in conference/],
  ] as const;
  for (const [method, path, body, status, error] of wrong) {
    const reply = await send(method, `${controlUrl}${path}`, { body });
    assert.equal(reply.status, status, path);
    assert.match(JSON.parse(reply.text).error, error);
  }
});

test("the control interface can have a port of its own, and the gateway's port has none then", async (t) => {
  const simulator = await simulatorFor(t, { controlPort: 0 });
  const own = new URL(simulator.controlUrl);
  assert.notEqual(own.port, new URL(simulator.url).port);
  assert.equal((await send("GET", `${simulator.controlUrl}/state`)).status, 200);
  own.port = new URL(simulator.url).port;
  assert.equal((await send("GET", `${own}/state`)).status, 404);
});

test("closing twice is closing once", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  await Promise.all([assert.rejects(poll), simulator.close(), simulator.close()]);
  await assert.rejects(send("GET", simulator.url), { code: "ECONNREFUSED" });
});
