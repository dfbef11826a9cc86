import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { createClient, isProblem, type SessionUpdate, type WatchUpdate } from "../../client/index.js";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { appToken, inspector, serviceToken, startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

const environment = { CONFERENCE_STREAM_INTERVAL_MS: "100" };
const timing = { firstPauseMs: 20, longestPauseMs: 100 };

let simulator: Simulator;
let service: TestService;
before(async () => {
  simulator = await startSimulator({ pollHoldMs: 500 });
  service = await startTestService(simulator.url, { environment });
});
after(async () => {
  await service.close();
  await simulator.close();
});
beforeEach(() => simulator.control.reset());

async function signedIn(url = service.url) {
  const client = createClient({ baseUrl: url });
  await client.signIn({ ...inspector, force: true });
  return client;
}

test("an app signs its agent in, lists, looks at one conference, and signs out", async () => {
  const client = createClient({ baseUrl: service.url, token: appToken() });
  const { agentId, inspector: mayInspect, token } = await client.signIn(inspector);
  assert.deepEqual([agentId, mayInspect, token], ["1201", true, undefined]);
  assert.equal((await client.session()).state, "active");
  assert.deepEqual(await client.list(), {
    conferences: [{ id: "355840" }, { id: "1029888" }, { id: "9007199254740993" }],
  });
  const { conferences } = await client.list({ details: true });
  assert.deepEqual(
    conferences[1]?.participants.map(({ address }) => address),
    ["1253", "70006", "70007"],
  );
  const one = await client.get("9007199254740993");
  assert.equal(one.state, "announcement");
  await assert.rejects(client.get("1"), (error) => isProblem(error, "conference-not-found"));
  await client.signOut();
  await assert.rejects(client.list(), (error) => isProblem(error, "session-not-found"));
});

test("a wrong password, and an agent signed in elsewhere, are told apart by their codes", async () => {
  const client = createClient({ baseUrl: service.url });
  await assert.rejects(client.signIn({ ...inspector, password: "wrong" }), (error) =>
    isProblem(error, "wrong-credentials"),
  );
  simulator.control.signIn("1201");
  await assert.rejects(client.signIn(inspector), (error) => isProblem(error, "agent-already-signed-in"));
});

test("a change at the gateway is an update within an interval", async () => {
  const client = await signedIn();
  const said: WatchUpdate[] = [];
  const watch = client.watch({ details: true, timing }, (update) => said.push(update));
  await until(() => said.some(({ type }) => type === "conferences"));
  const { id } = simulator.control.startConference({ bookedMinutes: 60, participants: [{ address: "1254" }] });
  const last = () => said.findLast((update) => update.type === "conferences");
  await until(
    () => last()?.conferences.some((one) => one.id === id && one.participants[0]?.address === "1254") === true,
  );
  watch.close();
  await client.signOut();
});

test("the end of the session ends a watch and the events, each with the reason", async () => {
  const client = await signedIn();
  const ends: string[] = [];
  const note = (update: WatchUpdate<{ id: string }> | SessionUpdate) => {
    if (update.type === "end") ends.push(`${update.why} ${update.reason}`);
  };
  client.watch({ timing }, note);
  let listening = false;
  client.events({ timing }, (update) => {
    if (update.type === "state") listening = true;
    note(update);
  });
  await until(() => listening);
  await client.signOut();
  await until(() => ends.length === 2);
  assert.deepEqual(ends, ["session-ended signed-out", "session-ended signed-out"]);
});

test("gateway events come in order, and a client that was away gets what it missed", async () => {
  const client = await signedIn();
  const { control } = simulator;
  const seen: string[] = [];
  let lastEventId: string | undefined;
  const listen = async (count: number, ready: () => void) => {
    for await (const update of client.events(lastEventId === undefined ? { timing } : { timing, lastEventId })) {
      if (update.type === "state") ready();
      if (update.type !== "gateway-event" || update.data.type !== "AgentOther_Test") continue;
      seen.push(JSON.stringify(update.data.content));
      lastEventId = update.id ?? undefined;
      if (seen.length === count) break;
    }
  };
  const event = (number: number) => control.sendEvent("1201", "AgentOther_Test", { number });
  await listen(2, () => void [event(1), event(2)]);
  event(3);
  event(4);
  await listen(4, () => undefined);
  assert.deepEqual(seen, ['{"number":1}', '{"number":2}', '{"number":3}', '{"number":4}']);
  await client.signOut();
});

test("a backend binds a session by a Guid, lists it and revokes it", async () => {
  const backend = createClient({ baseUrl: service.url, token: serviceToken() });
  const { guid } = simulator.control.signIn("1201");
  assert.ok(guid);
  const bound = await backend.sessions.bind("device-1", {
    agentId: "1201",
    guid,
    subject: "user-7",
    keepAlive: "external",
  });
  assert.deepEqual([bound.issuer, bound.keepAlive], ["app", "external"]);
  const { agents } = await backend.agents();
  assert.deepEqual(
    agents.map(({ agentId, keepAlive, sessions: count }) => ({ agentId, keepAlive, count })),
    [{ agentId: "1201", keepAlive: "external", count: 1 }],
  );
  const { sessions } = await backend.sessions.list({ subject: "user-7" });
  assert.deepEqual(
    sessions.map(({ sessionId, agentId }) => ({ sessionId, agentId })),
    [{ sessionId: "device-1", agentId: "1201" }],
  );
  const device = createClient({ baseUrl: service.url, token: appToken({ sub: "user-7", sid: "device-1" }) });
  assert.equal((await device.list()).conferences.length, 3);
  await backend.sessions.revokeSubject("user-7", { issuer: "own" });
  await device.list();
  await backend.sessions.revokeSubject("user-7", { issuer: "app" });
  await assert.rejects(device.list(), (error) => isProblem(error, "session-not-found"));
});

test("a watch outlives a restart of the service behind a proxy that answers 502 meanwhile", async () => {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  const kept = { ...environment, SESSION_STORE_URL: `sqlite:${join(directory, "sessions.db")}` };
  const proxy = await startProxy();
  let restarted = await startTestService(simulator.url, { environment: kept });
  try {
    proxy.leadTo(restarted.url);
    const client = await signedIn(proxy.url);
    const said: WatchUpdate<{ id: string }>[] = [];
    const watch = client.watch({ timing }, (update) => said.push(update));
    await until(() => said.some(({ type }) => type === "conferences"));
    proxy.leadTo(null);
    await restarted.close();
    await until(() => said.some((update) => update.type === "trouble" && update.source === "service"));
    const { id } = simulator.control.startConference({ participants: [{ address: "1254" }] });
    restarted = await startTestService(simulator.url, { environment: kept });
    proxy.leadTo(restarted.url);
    const last = () => said.findLast((update) => update.type === "conferences");
    await until(() => last()?.conferences.some((one) => one.id === id) === true);
    watch.close();
    assert.equal(
      said.some(({ type }) => type === "end"),
      false,
    );
  } finally {
    await restarted.close();
    proxy.close();
    await rm(directory, { recursive: true });
  }
});

/** A reverse proxy, as there is one in front of most installations. */
async function startProxy() {
  let target: string | null = null;
  const server = createServer((incoming, response) => {
    const refuse = () => {
      if (!response.headersSent) response.writeHead(502, { "Content-Type": "text/html" });
      response.end("<h1>502 Bad Gateway</h1>");
    };
    if (target === null) return refuse();
    const { method, headers, url = "/" } = incoming;
    const onward = request(new URL(url, target), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on("error", () => response.destroy()).pipe(response);
    });
    response.on("close", () => onward.destroy());
    onward.on("error", refuse);
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    leadTo(url: string | null) {
      target = url;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("an app applies for a conference, calls somebody into it, mutes and removes it again, and ends it", async () => {
  const client = createClient({ baseUrl: service.url });
  await client.signIn({ ...inspector, agentState: "idle" });
  await assert.rejects(client.conference.get(), (error) => isProblem(error, "conference-not-found"));
  const applied = await client.conference.apply({ seats: 8, minutes: 60 });
  assert.ok("own" in applied, JSON.stringify(applied));
  assert.equal(applied.own.role, "chair");
  const phone = { kind: "phone", address: "70005" } as const;
  assert.deepEqual(await client.conference.invite([phone], { callerNumber: "02151" }), { participants: [phone] });
  await until(async () => {
    const present = await client.conference.get();
    return "participants" in present && present.participants.length === 2;
  });
  const muted = await client.conference.changeParticipant(phone, { audio: "listen" });
  assert.equal("audio" in muted && muted.audio, "listen");
  assert.equal((await client.conference.changeParticipant(phone, { held: true })).state, "held");
  await client.conference.announce({ file: "y:/conf/120/1.V3", background: true });
  await client.conference.stopAnnouncement();
  assert.deepEqual(await client.conference.change({ addMinutes: 30 }), { addedMinutes: 30 });
  await client.conference.remove(phone);
  await assert.rejects(
    client.conference.leave(),
    (error) => isProblem(error, "chair-cannot") && error.outcome === "not-done",
  );
  await client.conference.end();
  await client.signOut({ force: true });
});

test("what a problem means is asked by its code, in words and not as a page", async () => {
  const client = createClient({ baseUrl: service.url });
  const { problems } = await client.problems();
  assert.ok(problems.some(({ code }) => code === "agent-busy"));
  const { status, help } = await client.explain("agent-busy");
  assert.equal(status, 409);
  assert.ok(help.length > 10);
});
