import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { aSubject } from "../support/names.ts";
import { type VirtualInstance, virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;
const lines = (instance: VirtualInstance, text: string): number =>
  instance.logged.filter(({ msg }) => String(msg).startsWith(text)).length;

/** An instance that has signed the agent in, and its line to the gateway, which can be cut. */
async function signedIn(t: TestContext) {
  const fleet = await virtualFleet(t);
  const line = fleet.gateway.line();
  const instance = fleet.instance({ gateway: line });
  await instance.signIn(agentId);
  return { ...fleet, line, instance };
}

test("a forced sign-out that the gateway did not answer is forced at the later try", async (t) => {
  const { clock, gateway, line, instance } = await signedIn(t);
  gateway.isTalking = true;
  line.cut = true;
  await instance.signOut(agentId, true);
  line.cut = false;
  await clock.advance(5_100);
  assert.equal(gateway.isSignedIn(agentId), false);
  assert.deepEqual(
    instance.logged.filter(({ msg }) => msg === "agent signed out").map(({ audit }) => audit),
    ["forced-out"],
  );
});

test("a sign-out that the gateway did not answer is tried once more, and signs the agent out", async (t) => {
  const { clock, gateway, line, instance } = await signedIn(t);
  line.cut = true;
  await instance.signOut(agentId);
  assert.equal(gateway.isSignedIn(agentId), true);
  line.cut = false;
  await clock.advance(4_900);
  assert.equal(gateway.isSignedIn(agentId), true);
  await clock.advance(200);
  assert.equal(gateway.isSignedIn(agentId), false);
  assert.equal(gateway.signOuts, 1);
});

test("the later try of a sign-out is the last: past it the gateway's own two minutes sign the agent out", async (t) => {
  const { clock, gateway, line, instance } = await signedIn(t);
  line.cut = true;
  await instance.signOut(agentId);
  await clock.advance(10_000);
  line.cut = false;
  await clock.advance(105_000);
  assert.equal(gateway.isSignedIn(agentId), true);
  await clock.advance(10_000);
  assert.deepEqual([gateway.isSignedIn(agentId), gateway.signOuts], [false, 0]);
});

test("a revoked agent is signed out as soon as the gateway answers, and not polled meanwhile", async (t) => {
  const { clock, gateway, line, instance } = await signedIn(t);
  await clock.advance(1_000);
  line.swallows = true;
  await instance.sessions.revokeSubject("app", aSubject(`user-${agentId}`), { requestId: "a-test", subject: null });
  await clock.advance(30_000);
  line.swallows = false;
  const { polls } = gateway.agent(agentId);
  await clock.advance(25_000);
  assert.deepEqual([gateway.isSignedIn(agentId), gateway.signOuts], [false, 1]);
  assert.equal(gateway.agent(agentId).polls, polls);
  assert.equal(lines(instance, "agent signed out"), 1);
});

test("the sign-out of a revoked agent is tried for two minutes at most, a few times and with longer pauses", async (t) => {
  const { clock, line, instance } = await signedIn(t);
  await clock.advance(1_000);
  line.cut = true;
  await instance.sessions.revokeSubject("app", aSubject(`user-${agentId}`), { requestId: "a-test", subject: null });
  await clock.advance(120_000);
  const tries = lines(instance, "the gateway did not sign the agent out");
  assert.ok(tries >= 4 && tries <= 6, `${tries} tries`);
  await clock.advance(600_000);
  assert.equal(lines(instance, "the gateway did not sign the agent out"), tries);
});

test("the later try of a sign-out is dropped by a new sign-in", async (t) => {
  const { clock, gateway, line, instance } = await signedIn(t);
  line.cut = true;
  await instance.signOut(agentId);
  line.cut = false;
  await instance.signIn(agentId, { force: true });
  await clock.advance(60_000);
  assert.equal(await instance.ask(agentId), "ok");
  assert.equal(gateway.signOuts, 0);
});

test("a sign-out that a gateway refuses for a moment is tried again, and not taken for done", async (t) => {
  const { clock, gateway, instance } = await signedIn(t);
  await clock.advance(1_000);
  gateway.refuses = (operation) => (operation === "sign-out" ? "000-003" : null);
  await instance.signOut(agentId);
  assert.equal(lines(instance, "agent signed out"), 0);
  gateway.refuses = () => null;
  await clock.advance(5_100);
  assert.equal(gateway.isSignedIn(agentId), false);
  assert.equal(lines(instance, "agent signed out"), 1);
});

test("an agent whose Guid the gateway no longer knows is signed out at the later try at the latest", async (t) => {
  const { clock, gateway, instance } = await signedIn(t);
  await clock.advance(1_000);
  gateway.kick(agentId);
  await instance.signOut(agentId);
  await clock.advance(30_000);
  assert.equal(lines(instance, "agent signed out"), 1);
  assert.equal(lines(instance, "the gateway did not sign the agent out"), 1);
});

test("an agent who talks on without a session is told of once a minute, until the call is over", async (t) => {
  const { clock, gateway, instance } = await signedIn(t);
  gateway.isTalking = true;
  await instance.sessions.revokeSubject("app", aSubject(`user-${agentId}`), { requestId: "a-test", subject: null });
  await clock.advance(5 * 60_000);
  const told = lines(instance, "an agent without a session is talking");
  assert.ok(told >= 4 && told <= 6, `${told} lines in five minutes`);
  assert.equal(gateway.isSignedIn(agentId), true);
  gateway.isTalking = false;
  await clock.advance(30_000);
  assert.equal(gateway.isSignedIn(agentId), false);
  assert.equal(lines(instance, "agent signed out"), 1);
});

test("a lease that comes while a poller is still there is let go, and taken again when it has ended", async (t) => {
  const { clock, gateway, store, instance } = await signedIn(t);
  await clock.advance(1_000);
  await instance.signOut(agentId);
  await instance.signIn(agentId);
  await clock.advance(60_000);
  assert.equal(gateway.mostPollsAtOnce, 1);
  assert.equal(instance.sessions.agentsPolled, 1);
  const { holder } = await store.getAgentAndHolder(agentId);
  assert.ok(holder);
  assert.equal(await instance.ask(agentId), "ok");
});
