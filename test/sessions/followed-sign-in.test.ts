import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { faultyStore } from "../support/faulty-store.ts";
import { aSessionId, aSubject } from "../support/names.ts";
import { Mortal } from "./mortal.ts";
import { type VirtualFleet, type VirtualInstance, virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;
const otherSubject = { subject: "user-2", session: "session-2" };
const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "ok",
    (error: { code?: string }) => String(error.code ?? error),
  );

/** What an answer has come to by now. */
function watched(answer: Promise<unknown>): { code: string | null } {
  const seen: { code: string | null } = { code: null };
  void codeOf(answer).then((code) => {
    seen.code = code;
  });
  return seen;
}

/** Who is signed in is known, and polled. */
async function isKnown({ store, gateway }: VirtualFleet): Promise<boolean> {
  const agent = await store.getAgent(agentId, { fresh: true });
  return agent !== null && agent.guid === gateway.agent(agentId).guid;
}

const lines = (instance: VirtualInstance, text: string): number =>
  instance.logged.filter(({ msg }) => String(msg).startsWith(text)).length;

describe("a sign-in that the gateway answers late", () => {
  let fleet: VirtualFleet;
  afterEach(() => assert.ok(fleet.gateway.mostMovesAtOnce <= 1, "sign-ins and sign-outs of an agent overlapped"));

  test("is 504 to its client in time, and binds the session as soon as it is answered", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const instance = fleet.instance();
    gateway.signInHeldMs = () => 30_000;
    const first = watched(instance.asksToSignIn(agentId));
    await clock.advance(4_900);
    assert.equal(first.code, null);
    await clock.advance(200);
    assert.equal(first.code, "gateway-timeout");
    await clock.advance(25_000);
    assert.equal(await instance.ask(agentId), "ok");
    assert.equal((await instance.signIn(agentId)).session.boundBy, "sign-in");
    assert.equal(gateway.signIns, 1, "the same call again answers with the session");
    await clock.advance(300_000);
    assert.equal(gateway.isSignedIn(agentId), true, "it is polled");
  });

  test("keeps a later one waiting, and then out, also at another instance", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const [one, other] = [fleet.instance(), fleet.instance()];
    gateway.signInHeldMs = () => 20_000;
    const first = watched(one.asksToSignIn(agentId));
    await clock.advance(100);
    assert.equal(await codeOf(other.signIn(agentId, { ...otherSubject, force: true })), "sign-in-in-progress");
    await clock.advance(9_000);
    assert.equal(await codeOf(one.signIn(agentId, { ...otherSubject, force: true })), "sign-in-in-progress");
    gateway.signInHeldMs = () => 0;
    assert.equal(await codeOf(other.signIn(agentId, { ...otherSubject, force: true })), "ok");
    assert.equal(first.code, "gateway-timeout");
    assert.equal(gateway.signIns, 2);
  });

  test("lets the agent's polls go on until it is answered", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const instance = fleet.instance();
    await instance.signIn(agentId);
    await clock.advance(1_000);
    gateway.refuses = (operation) => (operation === "sign-in" ? "100-015" : null);
    gateway.latencyMs = 1;
    // Only the sign-in takes its time, before the gateway has done anything.
    gateway.reachesAfterMs = (operation) => (operation === "sign-in" ? 50_000 : 0);
    const before = gateway.agent(agentId).polls;
    const forced = watched(instance.asksToSignIn(agentId, { ...otherSubject, force: true }));
    await clock.advance(49_000);
    assert.ok(gateway.agent(agentId).polls >= before + 4, `${gateway.agent(agentId).polls - before} polls`);
    await clock.advance(2_000);
    assert.equal(forced.code, "gateway-timeout");
    assert.equal(await instance.ask(agentId), "ok", "a refused sign-in changes nothing for those who are in");
    assert.equal(gateway.mostPollsAtOnce, 1);
  });

  test("is given up after a minute with a line, and what comes then is signed out", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const [one, other] = [fleet.instance(), fleet.instance()];
    gateway.signInHeldMs = () => 90_000;
    watched(one.asksToSignIn(agentId));
    await clock.advance(59_900);
    assert.equal(lines(one, "a sign-in was not answered"), 0);
    await clock.advance(200);
    assert.equal(lines(one, "a sign-in was not answered"), 1);
    assert.equal(gateway.isSignedIn(agentId), true);
    assert.equal(await codeOf(other.signIn(agentId)), "agent-already-signed-in", "the lease is free again");
    await clock.advance(31_000);
    assert.equal(gateway.isSignedIn(agentId), false);
    assert.equal(await fleet.store.getAgent(agentId, { fresh: true }), null);
    gateway.signInHeldMs = () => 0;
    assert.equal(await codeOf(other.signIn(agentId)), "ok");
    // Past the minute nobody can be kept from it any longer.
    gateway.mostMovesAtOnce = 0;
  });

  test("for a token that nobody was given is signed out again", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const instance = fleet.instance();
    gateway.signInHeldMs = () => 8_000;
    const answer = watched(instance.asksToSignIn(agentId, { issuer: "own" }));
    await clock.advance(8_100);
    assert.equal(answer.code, "gateway-timeout");
    await clock.advance(100);
    assert.equal(gateway.isSignedIn(agentId), false);
    assert.deepEqual(await fleet.store.sessionsOfAgent(agentId), []);
  });

  test("binds nothing when its subject was revoked meanwhile, and is signed out", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const instance = fleet.instance();
    gateway.signInHeldMs = () => 40_000;
    watched(instance.asksToSignIn(agentId));
    await clock.advance(20_000);
    await instance.sessions.revokeSubject("app", aSubject(`user-${agentId}`), { requestId: "a-test", subject: null });
    await clock.advance(21_000);
    assert.equal(gateway.isSignedIn(agentId), false);
    assert.deepEqual(await fleet.store.sessionsOfAgent(agentId), []);
  });

  test("holds nobody up who signs out meanwhile", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway } = fleet;
    const instance = fleet.instance();
    await instance.signIn(agentId);
    gateway.reachesAfterMs = (operation) => (operation === "sign-in" ? 30_000 : 0);
    gateway.refuses = (operation) => (operation === "sign-in" ? "100-015" : null);
    watched(instance.asksToSignIn(agentId, { ...otherSubject, force: true }));
    await clock.advance(100);
    await instance.signOut(agentId);
    assert.equal(await instance.ask(agentId), "session-not-found");
    assert.equal(gateway.isSignedIn(agentId), true, "neither may overlap the other");
    await clock.advance(31_000);
    assert.equal(gateway.isSignedIn(agentId), false);
  });

  test("is waited for by an instance that ends", async (t) => {
    fleet = await virtualFleet(t);
    const { clock } = fleet;
    const [instance, other] = [fleet.instance(), fleet.instance()];
    fleet.gateway.signInHeldMs = () => 9_000;
    watched(instance.asksToSignIn(agentId));
    await clock.advance(1_000);
    let closed = false;
    void instance.sessions.close(15_000).then(() => {
      closed = true;
    });
    await clock.advance(7_000);
    assert.equal(closed, false);
    await clock.until(() => closed, 10_000);
    assert.equal(await isKnown(fleet), true);
    await clock.advance(30_000);
    assert.equal(await other.ask(agentId), "ok");
  });

  test("writes nothing when another has taken its lease, and is signed out in a turn of its own", async (t) => {
    fleet = await virtualFleet(t);
    const { clock, gateway, store } = fleet;
    const faulty = faultyStore(store);
    const [one, other] = [fleet.instance({ store: faulty.store }), fleet.instance()];
    gateway.signInHeldMs = (_) => 20_000;
    watched(one.asksToSignIn(agentId));
    await clock.advance(1_000);
    faulty.faults.fail();
    await clock.advance(6_000);
    gateway.signInHeldMs = () => 0;
    // What the reference forbids: nobody could know of the first one.
    assert.equal(await codeOf(other.signIn(agentId, { ...otherSubject, force: true })), "ok");
    faulty.faults.recover();
    await clock.advance(30_000);
    assert.equal(await isKnown(fleet), true);
    const [session, ...more] = await store.sessionsOfAgent(agentId);
    assert.deepEqual([session?.sessionId, more.length], [aSessionId("session-2"), 0]);
    gateway.mostMovesAtOnce = 0;
  });
});

describe("a sign-in during which something happens", () => {
  /** Each operation on the store, one after the other, is the one at which it happens. */
  const moments = Array.from({ length: 60 }, (_, at) => at + 1);

  test("leaves nobody signed in whom nobody knows, at whichever moment the store goes away", async (t) => {
    const fleet = await virtualFleet(t);
    const { clock, gateway, store } = fleet;
    for (const moment of moments) {
      const faulty = faultyStore(store);
      let [count, away] = [0, false];
      const counting = new Mortal().uses(faulty.store, () => {
        count += 1;
        if (count === moment) {
          away = true;
          faulty.faults.fail();
        }
      });
      const instance = fleet.instance({ store: counting, started: false });
      await codeOf(instance.signIn(agentId));
      await clock.advance(3_000);
      faulty.faults.recover();
      await clock.advance(12_000);
      if (gateway.isSignedIn(agentId)) assert.ok(await isKnown(fleet), `moment ${moment}`);
      // Whatever it was, it keeps nobody out.
      const healthy = fleet.instance({ started: false });
      assert.equal(await codeOf(healthy.signIn(agentId, { force: true })), "ok", `moment ${moment}`);
      await healthy.signOut(agentId);
      await clock.advance(6_000);
      assert.equal(gateway.isSignedIn(agentId), false, `moment ${moment}`);
      if (!away) return assert.ok(moment > 8, "it was tried at every moment");
    }
    assert.fail("there are more moments");
  });

  test("keeps nobody out for more than five seconds, at whichever moment its process is killed", async (t) => {
    const fleet = await virtualFleet(t);
    const { clock, gateway, store } = fleet;
    for (const moment of moments) {
      const mortal = new Mortal();
      let [count, killed] = [0, false];
      const counted = (): void => {
        count += 1;
        if (count === moment) {
          killed = true;
          mortal.kill();
        }
      };
      const instance = fleet.instance({
        store: mortal.uses(store, counted),
        gateway: mortal.uses(gateway.line(), counted),
        clock: mortal.clock(clock),
        started: false,
        counted: false,
      });
      const answer = watched(instance.asksToSignIn(agentId));
      await clock.advance(2_000);
      assert.equal(answer.code, killed ? answer.code : "ok");
      const healthy = fleet.instance({ started: false });
      const begun = clock.monotonic();
      const code = await codeOf(healthy.signIn(agentId, { force: true }));
      assert.equal(code, "ok", `moment ${moment}`);
      assert.ok(clock.monotonic() - begun < 5_100);
      assert.ok(await isKnown(fleet), `moment ${moment}`);
      await healthy.signOut(agentId);
      assert.equal(gateway.isSignedIn(agentId), false, `moment ${moment}`);
      if (!killed) return assert.ok(moment > 8, "it was tried at every moment");
    }
    assert.fail("there are more moments");
  });
});
