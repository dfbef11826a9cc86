import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, GatewayEvent } from "../../src/gateway/index.ts";
import type { BoundSession } from "../../src/sessions/index.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;
const CONFERENCE = "9007199254740993";
const event = (type: string, content: object = { confId: CONFERENCE }): GatewayEvent => ({ type, content });

test("what an event says of the agent's conference is known on every instance, before the event is", async (t) => {
  const { clock, gateway, instance, store } = await virtualFleet(t);
  const [one, other] = [instance(), instance()];
  const bound = await one.signIn(agentId);
  const seen: string[] = [];
  await store.subscribe(agentId, (message) => {
    if (message.type !== "event") return;
    void other.sessions.ownConference(bound).then(({ state, id }) => seen.push(`${state} ${id}`));
  });
  for (const type of ["AgentConf_Ringing", "AgentConf_SelfJoinResult", "AgentConf_SelfLeaveResult"]) {
    gateway.send(agentId, event(type));
  }
  await clock.until(() => seen.length === 3);
  assert.deepEqual(seen, [`invited ${CONFERENCE}`, `joined ${CONFERENCE}`, "over null"]);
});

test("an invitation that rings is there after the instance that heard of it is gone, and so is its end", async (t) => {
  const { clock, gateway, instance } = await virtualFleet(t);
  const [first, second] = [instance(), instance({ started: false })];
  const bound = await first.signIn(agentId);
  const state = async ({ sessions }: typeof first): Promise<string> => (await sessions.ownConference(bound)).state;
  gateway.send(agentId, event("AgentConf_Ringing"));
  await clock.until(async () => (await state(first)) === "invited");
  let closed = false;
  void first.sessions.close(20_000).then(() => {
    closed = true;
  });
  await clock.until(() => closed, 60_000, 100);
  assert.equal(await state(second), "invited");
  second.sessions.start();
  gateway.send(agentId, event("AgentConf_SelfJoinResult"));
  await clock.until(async () => (await state(second)) === "joined");
});

test("what came while the store was away is written first when it is back, in its order", async (t) => {
  const { clock, gateway, instance, store } = await virtualFleet(t);
  let away = false;
  const cuttable = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return (...args: unknown[]) =>
        away && name !== "subscribe" ? Promise.reject(new Error("away")) : Reflect.apply(method, target, args);
    },
  });
  const { sessions, signIn } = instance({ store: cuttable });
  const bound = await signIn(agentId);
  away = true;
  gateway.send(agentId, event("AgentConf_SelfJoinResult"));
  gateway.send(agentId, event("AgentConf_SelfLeaveResult"));
  gateway.send(agentId, event("AgentConf_Ringing"));
  await clock.advance(3_000);
  away = false;
  await clock.until(async () => (await sessions.ownConference(bound)).state === "invited");
  const kept = await store.eventsAfter(agentId, "");
  assert.deepEqual(
    kept.map(({ type }) => type.replace("AgentConf_", "")),
    ["SelfJoinResult", "SelfLeaveResult", "Ringing"],
  );
});

test("another sign-in of the agent is in no conference that the one before was in", async (t) => {
  const { clock, gateway, instance } = await virtualFleet(t);
  const { sessions, signIn } = instance();
  const before = await signIn(agentId);
  gateway.send(agentId, event("AgentConf_SelfJoinResult"));
  await clock.until(async () => (await sessions.ownConference(before)).state === "joined");
  const again = { ...before, agent: { ...before.agent, signInId: "another" } } satisfies BoundSession;
  assert.equal((await sessions.ownConference(again)).state, "over");
});

test("an application of which nobody knows whether it was made counts for a minute, and no longer", async (t) => {
  const { clock, instance } = await virtualFleet(t);
  const { sessions, signIn } = instance();
  const bound = await signIn(agentId);
  await sessions.changeOwnConference(bound, (own, epoch) => ({
    ...own,
    state: "requested",
    unsure: true,
    epoch,
    since: clock.wall(),
  }));
  await clock.advance(59_000);
  assert.equal((await sessions.ownConference(bound)).state, "requested");
  await clock.advance(2_000);
  assert.equal((await sessions.ownConference(bound)).state, "over");
});
