import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../../src/problems.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const MINUTE_MS = 60_000;
const agentIds = ["20001", "20002", "20003"];

/** The wall clock of one machine alone, which can be set. */
class WrongClock {
  offMs: number;
  readonly clock: Clock;

  constructor(right: Clock, offMs = 0) {
    this.offMs = offMs;
    this.clock = {
      monotonic: () => right.monotonic(),
      wall: () => right.wall() + this.offMs,
      wait: (ms, signal) => right.wait(ms, signal),
      after: (ms, call) => right.after(ms, call),
    };
  }
}

/** A store whose clock all instances share, as Redis has one; it can be set as well. */
function shared(store: SessionStore, clock: Clock) {
  const state = { offMs: 0, away: false };
  const time = async () => {
    if (state.away) throw new Problem("session-store-unavailable");
    return clock.wall() + state.offMs;
  };
  const proxy = new Proxy(store, {
    get(target, name) {
      if (name === "timeIsShared") return true;
      if (name === "time") return time;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: proxy, state };
}

const isTold = (logged: readonly Record<string, unknown>[]) =>
  logged.some(({ msg }) => /a clock is not believed/.test(String(msg)));

/** Just longer than a leap has to stand before it is believed: what follows that is seen as well. */
const idleMs = 11 * MINUTE_MS;

describe("a wrong clock", () => {
  for (const minutes of [12, 40, -40]) {
    test(`of one instance, ${minutes} min ahead from its start, ends no session, and is told`, async (t) => {
      const { clock, store, instance } = await virtualFleet(t, { idleMs });
      const redis = shared(store, clock);
      const right = instance({ store: redis.store });
      for (const agentId of agentIds) await right.signIn(agentId);
      const wrong = new WrongClock(clock, minutes * MINUTE_MS);
      const one = instance({ store: redis.store, clock: wrong.clock });
      await clock.advance(2 * MINUTE_MS);
      for (const agentId of agentIds) assert.equal(await one.ask(agentId), "ok");
      await clock.advance(idleMs - MINUTE_MS / 2);
      for (const agentId of agentIds) assert.equal(await right.ask(agentId), "ok");
      assert.ok(isTold(one.logged));
      assert.ok(!isTold(right.logged));
    });
  }

  test("of an instance takes it out of the shares, until it is right again", async (t) => {
    const { clock, store, signedInBefore, instance } = await virtualFleet(t);
    const redis = shared(store, clock);
    await signedInBefore(12);
    const wrong = new WrongClock(clock, 31 * MINUTE_MS);
    const [right, off] = [instance({ store: redis.store }), instance({ store: redis.store, clock: wrong.clock })];
    await clock.advance(20_000);
    assert.deepEqual([right.sessions.agentsPolled, off.sessions.agentsPolled], [12, 0]);
    assert.deepEqual((await store.instances()).map(({ able }) => able).sort(), [false, true]);
    wrong.offMs = 0;
    await clock.advance(20_000);
    assert.deepEqual(
      (await store.instances()).map(({ able }) => able),
      [true, true],
    );
  });

  test("of every instance leaves all agents polled", async (t) => {
    const { clock, store, signedInBefore, instance } = await virtualFleet(t);
    const redis = shared(store, clock);
    redis.state.offMs = 31 * MINUTE_MS;
    await signedInBefore(12);
    const both = [instance({ store: redis.store }), instance({ store: redis.store })];
    await clock.advance(20_000);
    assert.equal(
      both.reduce((sum, { sessions }) => sum + sessions.agentsPolled, 0),
      12,
    );
  });

  test("dates no sign-in, also not in the moment in which a store that was away at the start comes back", async (t) => {
    const { clock, store, instance } = await virtualFleet(t);
    const redis = shared(store, clock);
    redis.state.away = true;
    const one = instance({ store: redis.store, clock: new WrongClock(clock, 40 * MINUTE_MS).clock });
    await clock.advance(700);
    await assert.rejects(one.signIn("20001"), { code: "session-store-unavailable" });
    redis.state.away = false;
    const { session } = await one.signIn("20001");
    assert.ok(Math.abs(session.createdAt - clock.wall()) < MINUTE_MS, String(session.createdAt - clock.wall()));
  });

  for (const [what, offMs, forMs] of [
    ["a glitch of 20 s", 20_000, 20_000],
    ["a leap of 40 min", 40 * MINUTE_MS, 12 * MINUTE_MS],
    ["a leap of a day back", -1_440 * MINUTE_MS, 12 * MINUTE_MS],
  ] as const) {
    test(`of one machine with its own file: ${what} signs nobody out, and is told`, async (t) => {
      const { clock, instance } = await virtualFleet(t, { idleMs: 15_000 + forMs });
      const one = instance();
      for (const agentId of agentIds) await one.signIn(agentId);
      await clock.advance(10_000);

      clock.leap(offMs);
      await clock.advance(forMs);
      for (const agentId of agentIds) assert.equal(await one.ask(agentId), "ok");
      assert.ok(isTold(one.logged));
    });
  }

  test("of the store: believed after 10 min, and then ends nothing that is in use", async (t) => {
    const { clock, store, instance } = await virtualFleet(t, { idleMs });
    const redis = shared(store, clock);
    const one = instance({ store: redis.store });
    for (const agentId of agentIds) await one.signIn(agentId);
    const ask = async () => {
      for (const agentId of agentIds) assert.equal(await one.ask(agentId), "ok");
    };
    await clock.advance(MINUTE_MS);
    const before = one.sessions.clock.wall();
    redis.state.offMs = 40 * MINUTE_MS;
    for (let minute = 0; minute < 9; minute++) {
      await clock.advance(MINUTE_MS);
      await ask();
    }
    assert.ok(one.sessions.clock.wall() - before < 10 * MINUTE_MS);
    for (let minute = 0; minute < 16; minute++) {
      await clock.advance(MINUTE_MS);
      await ask();
    }
    assert.ok(one.sessions.clock.wall() - before > 60 * MINUTE_MS);
  });
});
