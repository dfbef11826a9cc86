import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../src/sessions/keep-alive/pace.ts";
import { seededChance, VirtualClock } from "../support/virtual-clock.ts";

function paced(intervalMs = 300, firstPauseMs = 0) {
  const clock = new VirtualClock();
  return { clock, pace: new Pace({ clock, chance: seededChance(), intervalMs }, firstPauseMs) };
}

test("polls that are answered come 200 to 500 ms apart, and never in step for ever", () => {
  const { pace } = paced();
  const pauses = Array.from({ length: 200 }, () => {
    pace.answered();
    return pace.early();
  });
  assert.ok(
    pauses.every((pause) => pause >= 240 && pause <= 360),
    String(pauses),
  );
  assert.ok(new Set(pauses.map(Math.round)).size > 50);
});

test("the bounds of the reference hold whatever the interval", () => {
  for (const [intervalMs, least, most] of [
    [210, 200, 500],
    [490, 200, 500],
    // A test, or a site that says so, is taken at its word.
    [5, 5, 500],
    [900, 720, 900],
  ] as const) {
    const { pace } = paced(intervalMs);
    for (let poll = 0; poll < 200; poll++) {
      pace.answered();
      assert.ok(pace.early() >= least && pace.early() <= most, `${intervalMs}: ${pace.early()}`);
    }
  }
});

test("polls that fail come ever slower, 5 s apart at most, and at the old pace when one is answered", () => {
  const { pace } = paced();
  const pauses = Array.from({ length: 12 }, () => pace.failed());
  assert.ok(
    pauses.every((pause) => pause >= 300 && pause <= 5_000),
    String(pauses),
  );
  assert.ok((pauses[0] ?? 0) <= 300 && (pauses[3] ?? 0) > 1_100, String(pauses));
  assert.ok(
    pauses.slice(6).every((pause) => pause >= 2_500),
    String(pauses),
  );
  assert.equal(pace.failures, 12);
  pace.answered();
  assert.deepEqual([pace.failures, pace.failed() <= 300], [0, true]);
});

test("news cuts a rest short, and makes no poll hasty", async () => {
  const { clock, pace } = paced();
  pace.ended();
  let rested = false;
  const resting = pace.rest(4_000).then(() => {
    rested = true;
  });
  await clock.advance(100);
  assert.equal(rested, false);
  pace.wake();
  await resting;
  assert.equal(pace.early(), 200);
  await clock.advance(200);
  assert.equal(pace.early(), 0);
});

test("agents whose rests end at almost the same time are woken together, none of them early", async () => {
  const clock = new VirtualClock();
  const woken: number[] = [];
  for (let agent = 0; agent < 500; agent++) {
    const pace = new Pace({ clock, chance: seededChance(agent), intervalMs: 300 }, 0);
    pace.answered();
    void pace.rest(pace.early()).then(() => {
      assert.equal(pace.early(), 0);
      woken.push(clock.monotonic());
    });
  }
  await clock.advance(500);
  assert.equal(woken.length, 500);
  assert.ok(new Set(woken).size < 10, String(new Set(woken).size));
});

test("with its tick no pause is longer than the reference says", async () => {
  for (let seed = 0; seed < 50; seed++) {
    const clock = new VirtualClock();
    await clock.advance(seed * 0.7);
    const pace = new Pace({ clock, chance: seededChance(seed), intervalMs: 490 }, 0);
    pace.answered();
    const from = clock.monotonic();
    let took: number | null = null;
    void pace.rest(pace.early()).then(() => {
      took = clock.monotonic() - from;
    });
    await clock.advance(600);
    assert.ok(took !== null && took >= 200 && took <= 500, String(took));
  }
});

test("waking nobody is not remembered", async () => {
  const { clock, pace } = paced();
  pace.wake();
  let rested = false;
  void pace.rest(1_000).then(() => {
    rested = true;
  });
  await clock.advance(999);
  assert.equal(rested, false);
  await clock.advance(1);
  assert.equal(rested, true);
});
