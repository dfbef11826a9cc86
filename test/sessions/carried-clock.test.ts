import assert from "node:assert/strict";
import { describe, test } from "node:test";
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
  const state = { offMs: 0 };
  const time = async () => clock.wall() + state.offMs;
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

describe("a wrong clock", () => {
  for (const minutes of [31, 40, -40]) {
    test(`of one instance, ${minutes} min ahead from its start, ends no session, and is told`, async (t) => {
      const { clock, store, instance } = await virtualFleet(t);
      const redis = shared(store, clock);
      const right = instance({ store: redis.store });
      for (const agentId of agentIds) await right.signIn(agentId);
      const wrong = new WrongClock(clock, minutes * MINUTE_MS);
      const one = instance({ store: redis.store, clock: wrong.clock });
      await clock.advance(5 * MINUTE_MS);
      for (const agentId of agentIds) assert.equal(await one.ask(agentId), "ok");
      await clock.advance(29 * MINUTE_MS);
      for (const agentId of agentIds) assert.equal(await right.ask(agentId), "ok");
      assert.ok(isTold(one.logged));
      assert.ok(!isTold(right.logged));
    });
  }

  for (const [what, offMs, forMs] of [
    ["a glitch of 20 s", 20_000, 20_000],
    ["a leap of 40 min", 40 * MINUTE_MS, 40 * MINUTE_MS],
    ["a leap of a day back", -1_440 * MINUTE_MS, 40 * MINUTE_MS],
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
    const { clock, store, instance } = await virtualFleet(t);
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
    for (let minute = 0; minute < 50; minute++) {
      await clock.advance(MINUTE_MS);
      await ask();
    }
    assert.ok(one.sessions.clock.wall() - before > 90 * MINUTE_MS);
  });
});
