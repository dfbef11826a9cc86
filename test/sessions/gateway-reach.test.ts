import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type VirtualFleet, type VirtualInstance, virtualFleet } from "./virtual-fleet.ts";

type Line = ReturnType<VirtualFleet["gateway"]["line"]>;
interface Placed extends VirtualInstance {
  readonly line: Line;
}

async function fleetOf(t: TestContext) {
  const fleet = await virtualFleet(t);
  const placed = (): Placed => {
    const line = fleet.gateway.line();
    return { ...fleet.instance({ gateway: line }), line };
  };
  return { ...fleet, placed };
}

const shares = (...instances: Placed[]): number[] => instances.map(({ sessions }) => sessions.agentsPolled);
const lines = ({ logged }: Placed, text: RegExp): number => logged.filter(({ msg }) => text.test(String(msg))).length;

describe("an instance that cannot reach the gateway", () => {
  for (const way of ["cut", "swallows"] as const) {
    test(`leaves its agents to one that can, without an overlap, and comes back (${way})`, async (t) => {
      const { clock, gateway, store, signedInBefore, placed } = await fleetOf(t);
      const [one, other] = [placed(), placed()];
      await clock.advance(5_000);
      const agentIds = await signedInBefore(8);
      await clock.until(() => agentIds.every((agentId) => gateway.agent(agentId).polls > 0));
      assert.deepEqual(shares(one, other), [4, 4]);
      one.line[way] = true;
      for (let second = 0; second < 180; second++) {
        await clock.advance(1_000);
        assert.ok(
          agentIds.every((agentId) => gateway.isSignedIn(agentId)),
          `after ${second} s`,
        );
      }
      assert.deepEqual(shares(one, other), [0, 8]);
      assert.equal(gateway.mostPollsAtOnce, 1);
      assert.ok(lines(one, /cannot keep agents/) >= 1);
      assert.equal((await store.instances()).filter(({ able }) => able).length, 1);

      one.line[way] = false;
      await clock.advance(12_000);
      assert.equal((await store.instances()).filter(({ able }) => able).length, 2);
      assert.equal(lines(one, /can keep agents signed in again/), 1);
      const more = await signedInBefore(12);
      await clock.until(() => more.every((agentId) => gateway.agent(agentId).polls > 0), 10_000);
      assert.ok((shares(one)[0] ?? 0) > 0);
      assert.equal(gateway.mostPollsAtOnce, 1);
    });
  }

  test("is gone when its grace is over, and has let its leases go, though it was just about to", async (t) => {
    const { clock, gateway, store, signedInBefore, placed } = await fleetOf(t);
    const [one] = [placed(), placed()];
    await clock.advance(5_000);
    const agentIds = await signedInBefore(8);
    await clock.until(() => agentIds.every((agentId) => gateway.agent(agentId).polls > 0));
    one.line.cut = true;
    await clock.until(() => lines(one, /cannot keep agents/) > 0, 120_000, 100);
    await clock.advance(200);
    assert.equal(shares(one)[0], 4);
    const from = clock.monotonic();
    let isClosed = false;
    void one.sessions.close(500).then(() => {
      isClosed = true;
    });
    await clock.until(() => isClosed, 20_000, 100);
    assert.ok(clock.monotonic() - from < 1_500, String(clock.monotonic() - from));
    assert.equal((await store.unheld("poll", agentIds)).length, 4);
  });

  test("leaves them to one that has polled nobody so far", async (t) => {
    const { clock, gateway, signedInBefore, placed } = await fleetOf(t);
    const one = placed();
    const agentIds = await signedInBefore(8);
    await clock.until(() => agentIds.every((agentId) => gateway.agent(agentId).polls > 0));
    const other = placed();
    await clock.advance(5_000);
    assert.deepEqual(shares(one, other), [8, 0]);
    one.line.cut = true;
    await clock.advance(110_000);
    assert.deepEqual(shares(one, other), [0, 8]);
    assert.ok(agentIds.every((agentId) => gateway.isSignedIn(agentId)));
    assert.equal(gateway.mostPollsAtOnce, 1);
  });

  test("keeps them while nobody else can, and goes on by itself", async (t) => {
    const { clock, gateway, signedInBefore, placed } = await fleetOf(t);
    const [one, other] = [placed(), placed()];
    await clock.advance(5_000);
    const agentIds = await signedInBefore(8);
    await clock.until(() => agentIds.every((agentId) => gateway.agent(agentId).polls > 0));
    one.line.cut = true;
    other.line.swallows = true;
    await clock.advance(80_000);
    assert.deepEqual(shares(one, other), [4, 4]);
    one.line.cut = false;
    other.line.swallows = false;
    await clock.advance(120_000);
    assert.ok(agentIds.every((agentId) => gateway.isSignedIn(agentId)));
    assert.equal(
      shares(one, other).reduce((sum, share) => sum + share),
      8,
    );
    assert.equal(gateway.mostPollsAtOnce, 1);
  });

  test("is told from one whose gateway refuses: a retcode is an answer", async (t) => {
    const { clock, gateway, signedInBefore, placed } = await fleetOf(t);
    const [one, other] = [placed(), placed()];
    await clock.advance(5_000);
    const agentIds = await signedInBefore(8);
    await clock.until(() => agentIds.every((agentId) => gateway.agent(agentId).polls > 0));
    gateway.refuses = (operation) => (operation === "poll" ? "000-004" : null);
    await clock.advance(60_000);
    assert.deepEqual(shares(one, other), [4, 4]);
    assert.equal(lines(one, /cannot keep agents/), 0);
  });
});
