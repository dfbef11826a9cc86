import assert from "node:assert/strict";
import { test } from "node:test";
import { type Goal, verdictOf } from "../../bench/goals.ts";
import { median, pairedRatio, spread, uncertainty, withBounds } from "../../bench/statistics.ts";

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 0.0005, `${actual}, not ${expected}`);

/** Numbers as if by chance, the same ones each time (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** About a bell: twelve numbers from 0 to 1 added up. */
const bell = (roll: () => number): number => Array.from({ length: 12 }, roll).reduce((sum, one) => sum + one, 0) - 6;

test("the median and the spread of a few figures", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(spread([90, 100, 110]), 0.2);
});

test("a ratio is told pair by pair, with bounds by Student's t", () => {
  // Ratios of 2, 4 and 8: logarithms of mean log 4 and deviation log 2; t with two degrees of freedom is 4.303.
  const { value, low, high } = pairedRatio([2, 4, 8], [1, 1, 1]);
  const margin = 4.303 * Math.sqrt(Math.log(2) ** 2 / 3);
  near(value, 4);
  near(low, 4 * Math.exp(-margin));
  near(high, 4 * Math.exp(margin));
});

test("what disturbs both of a pair falls out of their ratio", () => {
  const noise = [1, 3, 0.5, 7, 2, 1.5];
  const ratio = pairedRatio(
    noise.map((factor) => 130 * factor),
    noise.map((factor) => 100 * factor),
  );
  near(ratio.value, 1.3);
  near(uncertainty(ratio), 0);
});

test("the bounds hold the true ratio in about 95 of 100 runs of eight rounds", () => {
  const roll = chance(7);
  let held = 0;
  const runs = 2_000;
  for (let run = 0; run < runs; run++) {
    const rounds = Array.from({ length: 8 }, () => Math.exp(0.3 * bell(roll)));
    const first = rounds.map((disturbed) => 90 * disturbed * Math.exp(0.05 * bell(roll)));
    const second = rounds.map((disturbed) => 100 * disturbed * Math.exp(0.05 * bell(roll)));
    const { low, high } = pairedRatio(first, second);
    if (low <= 0.9 && 0.9 <= high) held += 1;
  }
  const share = held / runs;
  assert.ok(share > 0.93 && share < 0.97, `${share}`);
});

test("one pair tells nothing, and no pairs are a mistake", () => {
  const { value, low, high } = pairedRatio([3], [2]);
  assert.deepEqual(
    [value, low, high],
    [1.5, 0, Number.POSITIVE_INFINITY].map((one, place) => (place === 0 ? value : one)),
  );
  near(value, 1.5);
  assert.throws(() => pairedRatio([1, 2], [1]), RangeError);
  assert.throws(() => pairedRatio([], []), RangeError);
});

const higher: Goal = { id: "x", row: "x", case: "x", unit: "×", better: "higher", floor: 0.6, aim: 1 };
const lower: Goal = { ...higher, better: "lower", floor: 1.5, aim: 1 };

test("a goal is reached, held or missed when both bounds say so, and not told when they do not agree on the floor", () => {
  const of = (low: number, high: number) => ({ value: (low + high) / 2, low, high });
  assert.equal(verdictOf(higher, of(1.02, 1.1)), "aim");
  assert.equal(verdictOf(higher, of(0.98, 1.1)), "floor");
  assert.equal(verdictOf(higher, of(0.61, 0.7)), "floor");
  assert.equal(verdictOf(higher, of(0.58, 0.63)), "not told");
  assert.equal(verdictOf(higher, of(0.5, 0.59)), "missed");
  assert.equal(verdictOf(lower, of(0.8, 0.99)), "aim");
  assert.equal(verdictOf(lower, of(1.1, 1.4)), "floor");
  assert.equal(verdictOf(lower, of(1.4, 1.6)), "not told");
  assert.equal(verdictOf(lower, of(1.6, 1.9)), "missed");
  assert.equal(verdictOf(lower, 1.5), "floor", "a figure without bounds is taken as it is");
});

test("a figure is written with its bounds", () => {
  assert.equal(withBounds({ value: 0.664, low: 0.641, high: 0.69 }), "0.66 (0.64 to 0.69)");
  assert.equal(withBounds({ value: 2, low: 2, high: 2 }), "2");
});
