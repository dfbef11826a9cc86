import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { AgentId, Guid } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import { Credentials } from "../../src/sessions/credentials.ts";
import type { AgentSession } from "../../src/sessions/model.ts";
import { hasRotated } from "../../src/sessions/replaced-guids.ts";
import type { AgentAndHolder, SessionStore } from "../../src/sessions/stores/port.ts";
import { systemClock } from "../../src/system-clock.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { anAgent } from "./stores/samples.ts";

/** A store of one agent whose every operation takes as long as the schedule wants, and fails while it is away. */
class ScheduledStore {
  agent: AgentSession;
  away = false;
  /** Every Guid version that was ever written, in order. */
  readonly written: AgentSession[] = [];
  readonly #turn: (what: string) => Promise<unknown>;
  #revision = 0;

  constructor(agent: AgentSession, turn: (what: string) => Promise<unknown>) {
    this.agent = agent;
    this.#turn = turn;
  }

  async getAgent(): Promise<AgentSession> {
    await this.#reached("read");
    const { agent } = this;
    await this.#reached("read's answer");
    return agent;
  }

  async getAgentAndHolder(): Promise<AgentAndHolder> {
    return { agent: await this.getAgent(), holder: null };
  }

  async updateAgent(agent: AgentSession): Promise<AgentSession | null> {
    await this.#reached("write");
    if (agent.revision !== this.agent.revision) return null;
    this.#revision += 1;
    const updated = { ...agent, revision: String(this.#revision) };
    this.agent = updated;
    this.written.push(updated);
    // What is written may still end in a failure: the answer gets lost.
    await this.#reached("write's answer");
    return updated;
  }

  async publish(): Promise<void> {}

  async #reached(what: string): Promise<void> {
    await this.#turn(what);
    if (this.away) throw new Problem("session-store-unavailable");
  }
}

/** What one call does: which of its answers' heads bring something new. */
const call = fc.record({
  /** A poll may bring a new Guid; any other call at most new cookies. */
  poll: fc.boolean(),
  cookies: fc.boolean(),
});

test("whatever the order of answers, reads and writes, no older answer overwrites a newer Guid, and none is lost", async () => {
  const outages = fc.array(fc.boolean(), { maxLength: 6 });
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(call, { minLength: 1, maxLength: 5 }),
    fc.array(call, { minLength: 1, maxLength: 5 }),
    outages,
    async (schedule, first, second, away) => {
      const turn = (what: string): Promise<unknown> => schedule.schedule(Promise.resolve(), what);
      const created = { ...anAgent({ guid: "guid-1" as Guid }), revision: "created" };
      const store = new ScheduledStore(created, turn);
      const credentials = new Credentials({
        store: store as unknown as SessionStore,
        log: new Log("silent"),
        clock: systemClock,
      });
      const gateway = { guid: "guid-1", issued: 1 };

      /** Calls one after the other, as a poller or a client makes them; two of these run side by side. */
      const caller = async (calls: readonly { poll: boolean; cookies: boolean }[], polls: boolean): Promise<void> => {
        for (const { poll, cookies } of calls) {
          const agent = await credentials.newest(created.agentId as AgentId).catch(() => null);
          if (agent === null) continue;
          const { guid, renewed } = credentials.caller(agent);
          await turn("the gateway is reached");
          if (guid !== gateway.guid) continue;
          if (polls && poll) {
            gateway.issued += 1;
            gateway.guid = `guid-${gateway.issued}`;
          }
          const answered = gateway.guid as Guid;
          if (answered === guid && !cookies) continue;
          await turn("the answer is on its way");
          await renewed({ guid: answered, cookies: cookies ? `route=${gateway.issued}` : agent.cookies });
        }
      };
      const blinks = async (): Promise<void> => {
        for (const state of away) {
          await turn(state ? "the store goes" : "the store comes");
          store.away = state;
        }
        await turn("the store comes at last");
        store.away = false;
      };
      const done = Promise.all([caller(first, true), caller(second, false), blinks()]);
      await schedule.waitFor(done);
      await schedule.waitFor(credentials.flush());
      credentials.close();

      assert.equal(store.agent.guid, gateway.guid);
      assert.equal(store.agent.guidVersion, gateway.issued);
      for (const { guid, guidVersion } of store.written) assert.equal(guid, `guid-${guidVersion}`);
      const versions = store.written.map(({ guidVersion }) => guidVersion);
      assert.deepEqual(
        versions,
        [...versions].sort((a, b) => a - b),
      );
    },
  );
  await fc.assert(property, { numRuns: 400 });
});

test("a Guid that was replaced before the store could take it is remembered as replaced all the same", async () => {
  const created = { ...anAgent({ guid: "guid-1" as Guid }), revision: "created" };
  const store = new ScheduledStore(created, () => Promise.resolve());
  const credentials = new Credentials({
    store: store as unknown as SessionStore,
    log: new Log("silent"),
    clock: new VirtualClock(),
  });
  store.away = true;
  let agent: AgentSession = created;
  for (const guid of ["guid-2", "guid-3", "guid-4"] as Guid[]) {
    await credentials.caller(agent).renewed({ guid, cookies: "" });
    agent = await credentials.newest(created.agentId).then((newest) => newest ?? agent);
  }
  store.away = false;
  await credentials.flush();
  credentials.close();
  assert.equal(store.agent.guid, "guid-4");
  for (const guid of ["guid-1", "guid-2", "guid-3"] as Guid[]) assert.ok(hasRotated(store.agent, guid), guid);
  assert.ok(!hasRotated(store.agent, "guid-4" as Guid));
});

test("a reading that began before the store took a Guid which had been kept here brings that one, not the one before", async () => {
  for (const read of ["newest", "newestAndHolder"] as const) {
    const created = { ...anAgent({ guid: "guid-1" as Guid }), revision: "created" };
    const slow = Promise.withResolvers<void>();
    let first = true;
    const store = new ScheduledStore(created, (what) => {
      const isHeld = what === "read's answer" && first;
      if (isHeld) first = false;
      return isHeld ? slow.promise : Promise.resolve();
    });
    const credentials = new Credentials({
      store: store as unknown as SessionStore,
      log: new Log("silent"),
      clock: new VirtualClock(),
    });
    const reading = credentials[read](created.agentId);
    await Promise.resolve();
    store.away = true;
    await credentials.caller(created).renewed({ guid: "guid-2" as Guid, cookies: "" });
    store.away = false;
    await credentials.flush();
    assert.equal(store.agent.guid, "guid-2");
    slow.resolve();
    const found = await reading;
    assert.equal((found !== null && "holder" in found ? found.agent : found)?.guid, "guid-2", read);
    credentials.close();
  }
});

test("cookies that came while the store was away are stored, too", async () => {
  const created = { ...anAgent({ guid: "guid-1" as Guid, cookies: "route=1" }), revision: "created" };
  const store = new ScheduledStore(created, () => Promise.resolve());
  const credentials = new Credentials({
    store: store as unknown as SessionStore,
    log: new Log("silent"),
    clock: systemClock,
  });
  store.away = true;
  await credentials.caller(created).renewed({ guid: created.guid, cookies: "route=2" });
  store.away = false;
  assert.equal((await credentials.newest(created.agentId))?.cookies, "route=2");
  assert.deepEqual([store.agent.cookies, store.agent.guid, store.agent.guidVersion], ["route=2", "guid-1", 1]);
  credentials.close();
});

test("a cookie that changes with every answer costs one write a second, goes out at once, and loses no Guid", async () => {
  const clock = new VirtualClock();
  const created = { ...anAgent({ guid: "guid-1" as Guid, cookies: "turn=0" }), revision: "created" };
  let operations = 0;
  const store = new ScheduledStore(created, async () => {
    operations += 1;
    await clock.wait(1);
  });
  const logged: string[] = [];
  const credentials = new Credentials({
    store: store as unknown as SessionStore,
    log: new Log("info", { write: (line: string) => void logged.push(line) }),
    clock,
  });
  // 200 calls in four seconds, eight at once.
  for (let turn = 1; turn <= 25; turn++) {
    const answers = Array.from({ length: 8 }, (_, at) =>
      credentials.caller(store.agent).renewed({ guid: created.guid, cookies: `turn=${turn}-${at}` }),
    );
    void Promise.all(answers);
    await clock.advance(160);
    assert.match(credentials.caller(store.agent).cookies, new RegExp(`turn=${turn}-`));
  }
  // Each write is a reading and a writing of two steps each.
  assert.ok(operations <= 6 * 4, `${operations} steps for 200 calls`);
  assert.deepEqual(logged, []);
  await clock.advance(1_100);
  assert.equal(store.agent.cookies, "turn=25-7");
  void credentials.caller(store.agent).renewed({ guid: "guid-2" as Guid, cookies: "turn=26" });
  await clock.advance(10);
  assert.deepEqual([store.agent.guid, store.agent.cookies], ["guid-2", "turn=26"]);
  credentials.close();
});

test("another sign-in's Guid is never touched by what an earlier one left in memory", async () => {
  const created = { ...anAgent({ guid: "guid-1" as Guid }), revision: "created" };
  const store = new ScheduledStore(created, () => Promise.resolve());
  const credentials = new Credentials({
    store: store as unknown as SessionStore,
    log: new Log("silent"),
    clock: systemClock,
  });
  store.away = true;
  await credentials.caller(created).renewed({ guid: "guid-2" as Guid, cookies: "" });
  assert.equal((await credentials.newest(created.agentId))?.guid, "guid-2");
  store.away = false;
  store.agent = { ...created, signInId: "another", guid: "guid-of-another" as Guid, revision: "another" };
  assert.equal((await credentials.newest(created.agentId))?.guid, "guid-of-another");
  await credentials.flush();
  assert.equal(store.agent.guid, "guid-of-another");
  credentials.close();
});

test("of the Guids that were written from here only so much is remembered as has room: the agents that come last", async () => {
  const store = new ScheduledStore({ ...anAgent(), revision: "" }, () => Promise.resolve());
  const credentials = new Credentials({
    store: store as unknown as SessionStore,
    log: new Log("silent"),
    clock: systemClock,
  });
  const cookies = "x".repeat(4 * 1024 * 1024);
  const agents = Array.from({ length: 30 }, () => ({ ...anAgent({ guid: "guid-1" as Guid, cookies }), revision: "" }));
  for (const agent of agents) {
    store.agent = agent;
    await credentials.caller(agent).renewed({ guid: "guid-2" as Guid, cookies });
  }
  const remembered = agents.filter((agent) => credentials.newestHere(agent).guid === "guid-2");
  assert.ok(remembered.length >= 5 && remembered.length <= 20, `${remembered.length}`);
  assert.deepEqual(remembered, agents.slice(-remembered.length));
  credentials.close();
});

/** One instance's credentials, and its store. */
function alone(): {
  readonly store: ScheduledStore;
  readonly credentials: Credentials;
  readonly created: AgentSession;
} {
  const created = { ...anAgent({ guid: "guid-1" as Guid }), revision: "created" };
  const store = new ScheduledStore(created, () => Promise.resolve());
  const log = new Log("silent");
  const credentials = new Credentials({ store: store as unknown as SessionStore, log, clock: new VirtualClock() });
  return { store, credentials, created };
}

/** Brings Guids, one after the other. */
async function rotate(credentials: Credentials, from: AgentSession, guids: readonly string[]): Promise<void> {
  let agent = from;
  for (const guid of guids as readonly Guid[]) {
    await credentials.caller(agent).renewed({ guid, cookies: "" });
    agent = (await credentials.newest(from.agentId)) ?? agent;
  }
}

test("who was cut off does not put its Guids in the place of one with which another instance has gone on since", async () => {
  const { store, credentials, created } = alone();
  store.away = true;
  await rotate(credentials, created, ["guid-2", "guid-3"]);
  store.away = false;
  // Its lease was over; the gateway still took the Guid that was stored, and has given another.
  const others = { ...created, guid: "guid-4" as Guid, guidVersion: created.guidVersion + 1, revision: "another's" };
  store.agent = others;
  assert.equal((await credentials.newest(created.agentId))?.guid, "guid-4");
  await credentials.flush();
  assert.deepEqual(store.written, []);
  assert.equal(credentials.newestHere(others).guid, "guid-4");
  credentials.close();
});

test("nor does who has written one that a store which went back has lost", async () => {
  const { store, credentials, created } = alone();
  await rotate(credentials, created, ["guid-2", "guid-3"]);
  store.agent = { ...created, guid: "guid-4" as Guid, guidVersion: created.guidVersion + 1, revision: "another's" };
  store.written.length = 0;
  for (let read = 0; read < 2; read++) assert.equal((await credentials.newest(created.agentId))?.guid, "guid-4");
  assert.deepEqual(store.written, []);
  // What it has lost, and nobody has gone on from, comes back.
  await rotate(credentials, store.agent, ["guid-5", "guid-6"]);
  store.agent = { ...store.agent, guid: "guid-4" as Guid, guidVersion: created.guidVersion + 1, revision: "lost" };
  assert.equal((await credentials.newest(created.agentId))?.guid, "guid-6");
  assert.equal(store.agent.guid, "guid-6");
  credentials.close();
});

test("after ever so many Guids that the store could not take it takes the newest", async () => {
  const { store, credentials, created } = alone();
  store.away = true;
  const guids = Array.from({ length: 40 }, (_, number) => `guid-${number + 2}`);
  await rotate(credentials, created, guids);
  store.away = false;
  store.agent = { ...created, state: "unreachable", revision: "another's" };
  await credentials.flush();
  assert.deepEqual([store.agent.guid, store.agent.state], [guids.at(-1), "unreachable"]);
  credentials.close();
});
