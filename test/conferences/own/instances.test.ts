import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Chairing } from "../../../src/conferences/own/chairing.ts";
import { Membership } from "../../../src/conferences/own/membership.ts";
import type { GatewayClient } from "../../../src/gateway/index.ts";
import { Problem } from "../../../src/problems.ts";
import type { BindInput } from "../../../src/sessions/binding.ts";
import type { BoundSession, Sessions } from "../../../src/sessions/index.ts";
import { rotatingSimulator } from "../../sessions/quick-times.ts";
import { resolved, signedIn, somebody, type Wired, wired } from "../../sessions/wired-sessions.ts";
import { aSessionId, aSubject } from "../../support/names.ts";
import { until } from "../../support/until.ts";
import { goIdle } from "./stage.ts";

const quick = { hastyPollMs: 0, applicationMs: 60, answerMs: 20, changeMs: 10 };

/** Polls that follow each other at once. */
const place = (t: TestContext, simulated: Parameters<typeof wired>[1] = {}) =>
  wired(t, { ...quick, ...simulated }, { keepAliveIntervalMs: 1 });

const membership = ({ gateway }: Wired, sessions: Sessions, gatewayTimeoutMs = 2_000) =>
  new Membership({ sessions, control: gateway as GatewayClient, gatewayTimeoutMs });

const chairing = ({ gateway }: Wired, sessions: Sessions) =>
  new Chairing({ sessions, control: gateway as GatewayClient, gatewayTimeoutMs: 2_000, holdAnnouncement: null });

const look = (own: Membership, bound: BoundSession) =>
  own.look(bound, new AbortController().signal).then(
    (found) => found.own.state,
    (error) => (error instanceof Problem ? error.code : String(error)),
  );

async function idle({ simulator }: Wired, instance: Sessions): Promise<BoundSession> {
  const bound = await signedIn(instance);
  await goIdle(simulator, "1201");
  return bound;
}

test("an application made on an instance that does not poll is answered there with its outcome", async (t) => {
  const all = await place(t);
  const [polls, asks] = [all.instance(), all.instance({ started: false })];
  await idle(all, polls);
  const bound = await resolved(asks);
  const joined = await membership(all, asks).apply(bound, { seats: 8 });
  assert.deepEqual(joined?.own, { role: "chair", state: "joined" });
  all.simulator.control.putAgent("1201", { applications: "refused" });
  all.simulator.control.endConference(joined.id);
  await until(async () => (await look(membership(all, polls), bound)) === "conference-not-found");
  await goIdle(all.simulator, "1201");
  await assert.rejects(membership(all, asks).apply(bound, { seats: 8 }), {
    code: "conference-refused",
    members: { outcome: "not-done", cause: 21234 },
  });
});

test("the instance that polls goes between the gateway's answer and the event: the next one finishes what was begun", async (t) => {
  const all = await place(t, { applicationMs: 900 });
  const [first, asks] = [all.instance(), all.instance({ started: false })];
  await idle(all, first);
  const bound = await resolved(asks);
  const applied = membership(all, asks, 5_000).apply(bound, { seats: 8 });
  await until(() => all.simulator.control.state().calls.requestagentconf === 1);
  await until(async () => (await look(membership(all, asks), bound)) === "requested");
  await first.close(0);
  const second = all.instance();
  assert.deepEqual((await applied)?.own, { role: "chair", state: "joined" });
  assert.equal(await look(membership(all, second), bound), "joined");
});

test("an invitation that rings while the agent's poll moves to another instance is there, and taken, on that one", async (t) => {
  const all = await place(t);
  const first = all.instance();
  await idle(all, first);
  const { control } = all.simulator;
  const { id } = control.startConference({ participants: [{ address: "1254" }] });
  control.invite(id, { address: "1201" });
  await until(async () => (await look(membership(all, first), await resolved(first))) === "invited");
  await first.close(1_000);
  const second = all.instance();
  const bound = await resolved(second);
  assert.equal(await look(membership(all, second), bound), "invited");
  const joined = await membership(all, second).answer(bound);
  assert.deepEqual([joined?.id, joined?.own.role], [id, "participant"]);
});

test("a Guid that rotates with every poll is seen by nobody who applies, waits and looks", async (t) => {
  const all = await wired(
    t,
    { ...rotatingSimulator, ...quick, applicationMs: 300, nodes: 1 },
    { keepAliveIntervalMs: 20 },
  );
  const [polls, asks] = [all.instance(), all.instance({ started: false })];
  all.simulator.control.configure({ guidIntervalMs: 60_000 });
  await idle(all, polls);
  all.simulator.control.configure({ guidIntervalMs: 1 });
  const rotated = () => all.simulator.control.state().counters.rotations;
  const before = rotated();
  const joined = await membership(all, asks, 5_000).apply(await resolved(asks), { seats: 8 });
  assert.equal(joined?.own.state, "joined");
  assert.ok(rotated() > before + 2, `${rotated() - before} rotations`);
  for (let time = 0; time < 10; time++) {
    assert.equal(await look(membership(all, asks, 5_000), await resolved(asks)), "joined");
  }
});

test("of an agent that an app keeps alive by itself nobody here hears the outcome: taken, and no more, at once", async (t) => {
  const all = await place(t);
  const instance = all.instance();
  const external = await idle(all, instance);
  const bound = { ...external, agent: { ...external.agent, keepAlive: "external" } } as const;
  const began = performance.now();
  assert.equal(await membership(all, instance).apply(bound, { seats: 8 }), null);
  assert.ok(performance.now() - began < 1_000);
});

/** The platform's channelState. */
const HELD = 1;

test("of an agent that an app keeps alive by itself a change is taken, its end is known, and nothing else is said", async (t) => {
  const all = await place(t);
  const instance = all.instance({ started: false });
  const { guid, cookie } = all.simulator.control.signIn("1201");
  const brought = { agentId: "1201", guid, cookie, subject: aSubject("user-1"), keepAlive: "external" } as BindInput;
  await instance.bind({ issuer: "app", sessionId: aSessionId("session-1") }, brought, somebody);
  const bound = await resolved(instance);
  const { id } = all.simulator.control.startConference({ participants: [{ address: "1201" }, { address: "1254" }] });
  const party = { kind: "agent", address: "1254" } as const;
  const chair = chairing(all, instance);
  // Its own app hears the events: here nobody knows which conference it is in, and so nothing of who is.
  await instance.changeOwnConference(bound, (own) => ({
    ...own,
    state: "requested",
    unsure: true,
    id: null,
    since: Date.now(),
  }));
  const stateOfParty = () =>
    all.simulator.control
      .conferences()
      .find((one) => one.id === id)
      ?.participants.find(({ address }) => address === party.address)?.state;
  assert.equal(await chair.hold(bound, party, "y:/conf/1/hold.V3"), null);
  await until(() => stateOfParty() === HELD);
  assert.equal(await chair.setAudio(bound, party, "listen"), null);
  assert.equal(await chair.unhold(bound, party), null);
  await membership(all, instance).end(bound);
  assert.equal(
    all.simulator.control.conferences().some((one) => one.id === id),
    false,
  );
  assert.equal(await look(membership(all, instance), bound), "conference-not-found");
});

test("an invitation, and an application, are seen by who was there; a conference that the gateway confirms by each that is bound", async (t) => {
  const all = await place(t);
  const instance = all.instance();
  const bound = await idle(all, instance);
  const newcomer = { ...bound, session: { ...bound.session, since: bound.agent.epoch + 1 } };
  const own = membership(all, instance);
  const { control } = all.simulator;
  const { id } = control.startConference({ participants: [{ address: "1254" }] });
  control.invite(id, { address: "1201" });
  await until(async () => (await look(own, bound)) === "invited");
  assert.equal(await look(own, newcomer), "conference-not-found");
  await own.answer(bound);
  assert.equal(await look(own, newcomer), "joined");
});

test("the event that granted it was lost with a process that was killed: the gateway is asked whether the agent is in", async (t) => {
  const all = await place(t);
  const instance = all.instance();
  const bound = await idle(all, instance);
  const own = membership(all, instance);
  const joined = await own.apply(bound, { seats: 8 });
  assert.ok(joined);
  const heardOf = (sinceMs: number) =>
    instance.changeOwnConference(bound, (known) => ({
      ...known,
      state: "requested",
      id: null,
      joining: joined.id,
      since: instance.clock.wall() - sinceMs,
    }));
  await heardOf(1_000);
  assert.equal(await look(own, bound), "requested", "it may be granted yet");
  await heardOf(20_000);
  assert.equal(await look(own, bound), "joined");
});

test("whose session ends while its call waits for the outcome is told so at once, and that nobody knows what became of it", async (t) => {
  const all = await place(t, { applicationMs: 60_000, answerMs: 60_000 });
  const [polls, asks] = [all.instance(), all.instance({ started: false })];
  const ended = { code: "session-not-found", members: { outcome: "unknown" } };
  const calls: readonly [string, (bound: BoundSession) => Promise<unknown>][] = [
    ["requestagentconf", (bound) => membership(all, asks, 20_000).apply(bound, { seats: 8 })],
    ["answeragentconf", (bound) => membership(all, asks, 20_000).answer(bound)],
  ];
  const { control } = all.simulator;
  for (const [name, call] of calls) {
    const bound = await idle(all, polls);
    if (name === "answeragentconf") {
      control.invite(control.startConference({ participants: [{ address: "1254" }] }).id, { address: "1201" });
      await until(async () => (await look(membership(all, polls), bound)) === "invited");
    }
    const waiting = call(bound);
    waiting.catch(() => undefined);
    await until(() => control.state().calls[name as "requestagentconf"] === 1);
    const before = performance.now();
    await polls.revokeSubject(bound.session.issuer, aSubject("user-1"), somebody);
    await assert.rejects(waiting, ended, name);
    assert.ok(performance.now() - before < 5_000, name);
  }
});
