import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { AgentId } from "../../src/gateway/index.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import { openStore } from "../../src/sessions/index.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { until } from "../support/until.ts";
import { assertNoViolations, pollsOf } from "./quick-times.ts";
import { conferences, resolved, signedIn, wired } from "./wired-sessions.ts";

const MINUTE_MS = 60_000;

/** A wall clock that a test, or an operator, can set. */
class WallClock {
  #offsetMs = 0;
  readonly now = (): number => Date.now() + this.#offsetMs;
  readonly clock: Clock = { ...systemClock, wall: this.now };

  leap(ms: number): void {
    this.#offsetMs += ms;
  }
}

describe("a wall clock that leaps", { concurrency: 6 }, () => {
  for (const [way, ms] of [
    ["forward", 20 * MINUTE_MS],
    ["back", -20 * MINUTE_MS],
    ["a year back", -365 * 24 * 60 * MINUTE_MS],
  ] as const) {
    test(`${way} ends no lease, starts no second poll and loses no session`, async (t) => {
      const { instance, simulator } = await wired(t, { pollHoldMs: 300 });
      const clock = new WallClock();
      const holder = instance({ clock: clock.clock });
      const other = instance();
      await signedIn(holder);
      await until(() => simulator.control.state().heldPolls === 1);
      clock.leap(ms);
      const polls = pollsOf(simulator);
      await wait(1_800);
      await until(() => pollsOf(simulator) >= polls + 3);
      assert.deepEqual([holder.agentsPolled, other.agentsPolled], [1, 0], "the same instance goes on");
      assert.equal((await conferences(holder, await resolved(holder))).length, 3);
      assert.equal(simulator.control.state().counters.signOuts, 0);
      assertNoViolations(simulator);
    });
  }

  test("at one instance alone makes no other one take its agents", async (t) => {
    const { instance, simulator } = await wired(t, { pollHoldMs: 300 });
    const clock = new WallClock();
    const holder = instance();
    const other = instance({ clock: clock.clock });
    await signedIn(holder);
    for (const leap of [10, -20, 15, -5]) {
      clock.leap(leap * MINUTE_MS);
      await wait(350);
    }
    assert.deepEqual([holder.agentsPolled, other.agentsPolled], [1, 0]);
    assertNoViolations(simulator);
  });

  test("to and fro keeps the ids of events growing", async (t) => {
    const clock = new WallClock();
    const config = { kind: "memory", prefix: "cbff", url: "memory:", path: null, keys: null } as const;
    const leaping = await openStore(config, {
      clock: clock.clock,
      chance: systemChance,
      eventsKept: 10,
      onCorrupt: () => undefined,
    });
    t.after(() => leaping.close());
    const agentId = "1201" as AgentId;
    const ids: string[] = [];
    for (const leap of [0, -60, 120, -240]) {
      clock.leap(leap * MINUTE_MS);
      ids.push(
        await leaping.appendEvent(agentId, {
          recordId: "record",
          epoch: 1,
          type: "AgentEvent_Test",
          at: "",
          content: null,
        }),
      );
    }
    const kept = await leaping.eventsAfter(agentId, ids[0] ?? "");
    assert.deepEqual(
      kept.map(({ id }) => id),
      ids.slice(1),
    );
  });
});
