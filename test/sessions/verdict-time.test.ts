import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { faultyStore } from "../support/faulty-store.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const agentIds = ["1201", "1202", "1203", "1204", "1205", "1206"];
const agentId = "1201" as AgentId;

describe("a Guid that is refused", () => {
  for (const [name, refused] of [
    ["every call", () => true],
    ["the polls", (operation: string) => operation === "poll"],
    ["the requests", (operation: string) => operation === "call"],
  ] as const) {
    test(`for one second, of ${name}, ends nobody's session`, async (t) => {
      const { clock, gateway, instance, store } = await virtualFleet(t);
      // Events come all the time, so no poll is held over the second.
      gateway.holdMs = 200;
      const [one, other] = [instance(), instance()];
      for (const id of agentIds) await one.signIn(id);
      await clock.advance(3_000);
      const until = clock.monotonic() + 1_000;
      gateway.refuses = (operation) => (refused(operation) && clock.monotonic() < until ? "000-003" : null);
      const answers = [];
      while (clock.monotonic() < until) {
        answers.push(await one.ask("1201"), await other.ask("1202"));
        await clock.advance(50);
      }
      assert.deepEqual(
        answers.filter((answer) => !["ok", "gateway-switching-over"].includes(answer)),
        [],
      );
      await clock.advance(20_000);
      assert.equal((await store.agentIds()).length, agentIds.length);
      for (const id of agentIds) {
        assert.equal(await one.ask(id), "ok");
        assert.equal(await other.ask(id), "ok");
      }
      assert.equal(gateway.mostPollsAtOnce, 1);
    });
  }

  test("for 3.5 s, while the agent's polls are held and devices ask all the time, ends no session", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    const one = instance();
    await one.signIn("1201");
    await clock.advance(2_000);
    const until = clock.monotonic() + 3_500;
    gateway.refuses = () => (clock.monotonic() < until ? "000-003" : null);
    while (clock.monotonic() < until + 3_000) {
      await one.ask("1201");
      await clock.advance(50);
    }
    assert.equal(await one.ask("1201"), "ok");
    assert.equal((await store.agentIds()).length, 1);
  });

  for (const where of ["at the instance that polls the agent", "at another instance"]) {
    test(`for good ends the session within 4 to 6 s of a request ${where}, and clients learn`, async (t) => {
      const { clock, gateway, instance, store } = await virtualFleet(t);
      const [holder, other] = [instance(), instance()];
      await holder.signIn("1201");
      await clock.until(() => gateway.agent(agentId).pollsUnderWay === 1);
      await clock.advance(500);
      const heard: string[] = [];
      await store.subscribe(agentId, (message) => heard.push(message.type));
      gateway.kick(agentId);
      const asked = clock.monotonic();
      const asking = where.includes("another") ? other : holder;
      assert.equal(await asking.ask("1201"), "gateway-switching-over");
      const answered = clock.monotonic() - asked;
      assert.ok(answered <= 1_100, `the client waited ${answered} ms`);
      await clock.until(() => heard.includes("session-ended"), 6_500);
      const took = clock.monotonic() - asked;
      // From the request's own refusals on; the holder asks as soon as it is told.
      assert.ok(took >= 4_000 && took <= 7_000, `${took} ms`);
      for (const one of [holder, other]) assert.equal(await one.ask("1201"), "session-not-found");
    });
  }

  test("for good, with a store that takes no writes, is asked about once a second, and ends the session when it can", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    const faulty = faultyStore(store);
    await instance({ store: faulty.store }).signIn("1201");
    await clock.until(() => gateway.agent(agentId).pollsUnderWay === 1);
    faulty.faults.fail("deleteSession", "deleteAgent", "updateAgent");
    gateway.kick(agentId);
    await clock.advance(16_000);
    const { polls } = gateway.agent(agentId);
    await clock.advance(20_000);
    const asked = gateway.agent(agentId).polls - polls;
    assert.ok(asked >= 15 && asked <= 25, `${asked} polls in 20 s`);
    faulty.faults.recover();
    await clock.until(async () => (await store.agentIds()).length === 0, 7_000);
  });

  test("without any request ends the session 4 to 6 s after the first refused poll", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    await instance().signIn("1201");
    await clock.until(() => gateway.agent(agentId).pollsUnderWay === 1);
    await clock.until(() => gateway.agent(agentId).pollsUnderWay === 0, 11_000);
    gateway.kick(agentId);
    const kicked = clock.monotonic();
    const polls = gateway.agent(agentId).polls;
    await clock.until(async () => (await store.agentIds()).length === 0, 10_000);
    const took = clock.monotonic() - kicked;
    assert.ok(took >= 4_000 && took <= 6_000, `${took} ms`);
    const refusals = gateway.agent(agentId).polls - polls;
    assert.ok(refusals >= 5 && refusals <= 21, `${refusals} polls`);
  });

  test("by turns with other failures is none that has lasted", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    const one = instance();
    await one.signIn("1201");
    await clock.advance(1_000);
    let polls = 0;
    gateway.refuses = (operation) => (operation !== "poll" ? null : polls++ % 4 === 3 ? "000-004" : "000-003");
    await clock.advance(15_000);
    gateway.refuses = () => null;
    await clock.advance(5_000);
    assert.ok(polls > 4);
    assert.equal((await store.agentIds()).length, 1);
    assert.equal(await one.ask("1201"), "ok");
  });

  test("with the gateway's word that the agent is signed out ends the session at once", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    const one = instance();
    await one.signIn("1201");
    await clock.advance(1_000);
    gateway.refuses = () => "100-006";
    assert.equal(await one.ask("1201"), "agent-not-signed-in");
    assert.equal((await store.agentIds()).length, 0);
  });

  test("while nobody polls the agent is decided about by who polls it next", async (t) => {
    const { clock, gateway, instance, store } = await virtualFleet(t);
    const first = instance();
    await first.signIn("1201");
    await clock.advance(1_000);
    const closing = first.sessions.close(0);
    await clock.advance(1_000);
    await closing;
    gateway.kick(agentId);
    const other = instance({ started: false });
    for (let time = 0; time < 8; time++) assert.equal(await other.ask("1201"), "gateway-switching-over");
    assert.equal((await store.agentIds()).length, 1, "nobody has passed a verdict");
    other.sessions.start();
    await clock.until(async () => (await store.agentIds()).length === 0, 8_000);
    assert.equal(await other.ask("1201"), "session-not-found");
  });
});

test("a request that is refused answers within its own deadline, however short that is", async (t) => {
  const { clock, gateway, instance } = await virtualFleet(t);
  const one = instance();
  const bound = await one.signIn("1201");
  await clock.advance(500);
  gateway.kick(agentId);
  const asked = clock.monotonic();
  const call = one.sessions.gatewayFor(bound).conferenceIds({ deadline: asked + 400 });
  let code: unknown;
  call.catch((problem: { code: string }) => {
    code = problem.code;
  });
  await clock.until(() => code !== undefined, 2_000);
  assert.equal(code, "gateway-switching-over");
  assert.ok(clock.monotonic() - asked <= 400);
});
