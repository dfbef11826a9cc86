import assert from "node:assert/strict";
import { test } from "node:test";
import { type VirtualInstance, virtualFleet } from "./virtual-fleet.ts";

const lost = ({ logged }: VirtualInstance) =>
  logged
    .filter(({ msg }) => /record is gone from the store/.test(String(msg)))
    .map(({ level, agentId }) => [level, agentId]);

test("an agent's record that the store has lost is told; of many at once the first, and how many followed", async (t) => {
  const { clock, store, signedInBefore, instance } = await virtualFleet(t);
  const agentIds = await signedInBefore(20);
  const one = instance();
  await clock.until(() => one.sessions.agentsPolled === 20, 60_000);
  // As when Redis is emptied: nobody says anything.
  for (const agentId of agentIds) {
    const agent = await store.getAgent(agentId, { fresh: true });
    assert.ok(agent && (await store.deleteAgent(agentId, agent.signInId)));
  }
  await clock.until(() => one.sessions.agentsPolled === 0, 60_000);
  assert.equal(lost(one).length, 1);
  const [[level, agentId] = []] = lost(one);
  assert.equal(level, 50);
  assert.ok(agentIds.includes(agentId as (typeof agentIds)[number]));
});

test("one whose agent was signed out is not, wherever that was", async (t) => {
  const { clock, instance } = await virtualFleet(t);
  const [here, elsewhere] = [instance(), instance()];
  for (const agentId of ["1201", "1202", "1203"]) await here.signIn(agentId);
  await here.signOut("1201");
  await elsewhere.signOut("1202");
  await elsewhere.signOut("1203", true);
  const later = clock.monotonic() + 30_000;
  await clock.until(() => clock.monotonic() >= later, 60_000);
  assert.deepEqual([lost(here), lost(elsewhere)], [[], []]);
});

test("nor is one that is there and cannot be read: that has a line of its own", async (t) => {
  const { clock, store, instance } = await virtualFleet(t);
  let damaged = false;
  let looks = 0;
  const read = new Proxy(store, {
    get(of, name) {
      if (damaged && name === "getAgentAndHolder") return async () => ({ agent: null, holder: null });
      if (damaged && name === "getAgents")
        return async (ids: readonly string[]) => {
          looks += 1;
          return new Map(ids.map((id) => [id, "damaged"]));
        };
      return Reflect.get(of, name).bind?.(of) ?? Reflect.get(of, name);
    },
  });
  const one = instance({ store: read });
  await one.signIn("1201");
  await clock.until(() => one.sessions.agentsPolled === 1, 60_000);
  damaged = true;
  const later = clock.monotonic() + 30_000;
  await clock.until(() => clock.monotonic() >= later, 60_000);
  assert.ok(looks > 0, "it was looked whether the record is there");
  assert.deepEqual(lost(one), []);
});
