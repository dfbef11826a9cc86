import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { distant, withoutKey } from "./distant-store.ts";
import { virtualFleet } from "./virtual-fleet.ts";
import type { VirtualGateway } from "./virtual-gateway.ts";

const isPolled = (gateway: VirtualGateway) => (agentId: AgentId) => gateway.agent(agentId).polls > 0;

describe("agents that nobody polls", () => {
  for (const [count, roundTripMs] of [
    [10_000, 4],
    [250, 300],
  ] as const) {
    test(`${count} of them, with a store ${roundTripMs} ms away, are all polled within 30 s of a restart`, async (t) => {
      const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
      const agentIds = await signedInBefore(count);
      const started = clock.monotonic();
      instance({ store: distant(store, clock, roundTripMs).store });
      await clock.until(() => agentIds.every(isPolled(gateway)), 300_000, 100);
      const took = clock.monotonic() - started;
      t.diagnostic(`${took} ms`);
      assert.ok(took < 30_000, `${took} ms`);
      assert.equal(gateway.mostPollsAtOnce, 1);
    });
  }

  test("250 of them, with a store 300 ms away, are taken over by two others within 30 s of the lease's end", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const agentIds = await signedInBefore(250);
    // A killed instance has left its leases.
    const left = agentIds.map((agentId) => ({ agentId, owner: "killed" }));
    await store.acquireLeases("poll", left, 30_000);
    const instances = [1, 2].map(() => instance({ store: distant(store, clock, 300).store }));
    await clock.advance(30_000);
    assert.equal(agentIds.filter(isPolled(gateway)).length, 0);
    const ended = clock.monotonic();
    await clock.until(() => agentIds.every(isPolled(gateway)), 300_000, 100);
    assert.ok(clock.monotonic() - ended < 30_000, `${clock.monotonic() - ended} ms`);
    const shares = instances.map(({ sessions }) => sessions.agentsPolled);
    assert.ok(
      shares.every((share) => share >= 100),
      `${shares}`,
    );
  });

  test("are taken by whoever is there when the one whose share they are does not take them", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const { sessions } = instance();
    const silent = () => store.announceInstance({ owner: "silent", able: true, answeredAgoMs: 100 }, 600_000);
    await silent();
    await clock.advance(5_000);
    const agentIds = await signedInBefore(12);
    await clock.advance(12_000);
    assert.deepEqual(agentIds.filter(isPolled(gateway)), agentIds);
    assert.equal(sessions.agentsPolled, 12);
  });

  test("are all polled beside an instance that cannot read the records, which does not count and says so", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const agentIds = await signedInBefore(12);
    const keyless = instance({ store: withoutKey(store) });
    await clock.advance(6_000);
    const able = instance();
    await clock.advance(3_000);
    assert.deepEqual(agentIds.filter(isPolled(gateway)), agentIds);
    assert.deepEqual([keyless.sessions.agentsPolled, able.sessions.agentsPolled], [0, 12]);
    assert.equal((await store.instances()).filter((report) => report.able).length, 1);
    assert.ok(
      keyless.logged.some(({ msg }) => /cannot be read/.test(String(msg))),
      JSON.stringify(keyless.logged),
    );
  });

  test("are shared out evenly, however many external agents there are", async (t) => {
    const { clock, gateway, instance, signedInBefore } = await virtualFleet(t);
    const instances = [instance(), instance(), instance()];
    await clock.advance(5_000);
    const agentIds = await signedInBefore(60);
    const external = await signedInBefore(300, "external");
    await clock.until(() => agentIds.every(isPolled(gateway)), 10_000);
    assert.deepEqual(external.filter(isPolled(gateway)), []);
    const shares = instances.map(({ sessions }) => sessions.agentsPolled);
    assert.ok(
      shares.every((share) => share <= 20),
      `${shares}`,
    );
  });
});

describe("commands that nobody has asked for", () => {
  test("3,000 external agents cost a handful", async (t) => {
    const { clock, store, instance, signedInBefore } = await virtualFleet(t);
    await signedInBefore(3_000, "external");
    const { store: counted, total, asked } = distant(store, clock, 0);
    instance({ store: counted });
    await clock.advance(60_000);
    asked.clear();
    await clock.advance(60_000);
    assert.ok(total() < 300, `${total()} in a minute: ${JSON.stringify([...asked])}`);
  });

  test("an external agent whose sessions are over is forgotten all the same, and soon", async (t) => {
    const { clock, store, instance, signedInBefore } = await virtualFleet(t, { idleMs: 60_000 });
    await signedInBefore(3, "external");
    instance();
    await clock.advance(50_000);
    assert.equal((await store.agentIds()).length, 3);
    await clock.advance(70_000);
    assert.equal((await store.agentIds()).length, 0);
  });

  test("an external agent who becomes a managed one is polled, whoever was told", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const [agentId] = await signedInBefore(1, "external");
    assert.ok(agentId);
    instance();
    await clock.advance(20_000);
    const agent = await store.getAgent(agentId);
    assert.ok(agent);
    await store.updateAgent({ ...agent, keepAlive: "managed" });
    await clock.until(() => isPolled(gateway)(agentId), 45_000);
  });

  test("400 leases are renewed together", async (t) => {
    const { clock, gateway, store, instance, signedInBefore } = await virtualFleet(t);
    const agentIds = await signedInBefore(400);
    const { store: counted, asked } = distant(store, clock, 4);
    const { sessions } = instance({ store: counted });
    await clock.until(() => agentIds.every(isPolled(gateway)), 30_000, 100);
    asked.clear();
    await clock.advance(60_000);
    assert.equal(sessions.agentsPolled, 400);
    const renewals = (asked.get("acquireLease") ?? 0) + (asked.get("acquireLeases") ?? 0);
    assert.ok(renewals < 100, `${renewals} in a minute`);
  });
});
