import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../src/problems.ts";
import { Doorbell } from "../../src/sessions/doorbell.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function door(clock: VirtualClock) {
  const answered: number[] = [];
  const state = { fails: null as Error | null, waitMs: 0, atOnce: 0, mostAtOnce: 0 };
  const told: unknown[] = [];
  const bell = new Doorbell({ clock, unexpected: (error) => void told.push(error) }, async () => {
    state.atOnce += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce);
    answered.push(clock.monotonic());
    if (state.waitMs > 0) await clock.wait(state.waitMs);
    state.atOnce -= 1;
    if (state.fails) throw state.fails;
  });
  return { answered, state, bell, told };
}

test("what fails is done again after 100 ms, doubling to 2 s, until it works", async () => {
  const clock = new VirtualClock();
  const { answered, state, bell } = door(clock);
  state.fails = new Problem("session-store-unavailable");
  void bell.ring();
  await clock.advance(10_000);
  assert.deepEqual(answered, [0, 100, 300, 700, 1_500, 3_100, 5_100, 7_100, 9_100]);
  state.fails = null;
  await clock.advance(10_000);
  assert.equal(answered.at(-1), 11_100);
  state.fails = new Problem("session-store-unavailable");
  void bell.ring();
  await clock.advance(150);
  assert.deepEqual(answered.slice(-2), [20_000, 20_100], "the next trouble begins anew");
  bell.end();
});

test("who rings meanwhile is answered once more, and nobody twice at once", async () => {
  const clock = new VirtualClock();
  const { answered, state, bell } = door(clock);
  state.waitMs = 50;
  for (let ring = 0; ring < 5; ring++) void bell.ring();
  await clock.advance(10);
  void bell.ring();
  await clock.advance(500);
  assert.deepEqual([answered, state.mostAtOnce], [[0, 50], 1]);
});

test("a ring while a failure waits is answered at once, and the failure does not ring again", async () => {
  const clock = new VirtualClock();
  const { answered, state, bell } = door(clock);
  state.fails = new Problem("session-store-unavailable");
  void bell.ring();
  await clock.advance(50);
  state.fails = null;
  void bell.ring();
  await clock.advance(5_000);
  assert.deepEqual(answered, [0, 50]);
});

test("nobody answers after the end", async () => {
  const clock = new VirtualClock();
  const { answered, state, bell } = door(clock);
  state.fails = new Problem("session-store-unavailable");
  void bell.ring();
  await clock.advance(1);
  bell.end();
  void bell.ring();
  await clock.advance(5_000);
  assert.deepEqual(answered, [0]);
});

test("a mistake of ours is told once, until it works again; what is a known problem is not", async () => {
  const clock = new VirtualClock();
  const { state, bell, told } = door(clock);
  const mistake = new TypeError("not a function");
  state.fails = mistake;
  void bell.ring();
  await clock.advance(10_000);
  assert.deepEqual(told, [mistake]);
  state.fails = null;
  await clock.advance(2_000);
  state.fails = new Problem("session-store-unavailable");
  void bell.ring();
  await clock.advance(10_000);
  assert.deepEqual(told, [mistake]);
  bell.end();
});
