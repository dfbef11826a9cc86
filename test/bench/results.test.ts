import assert from "node:assert/strict";
import { test } from "node:test";
import { asMarkdown, goalTableTwice, type Measurement, type Measurements, withMeasured } from "../../bench/results.ts";

const machine = { cpu: "a", cores: 2, memoryGiB: 4, system: "Linux", versions: {} };

const memoryAt = (time: string, memory: number): Measurement => ({
  measured: { memory },
  tables: [],
  date: `2026-11-27T${time}:00.000Z`,
  quick: false,
  rounds: 6,
  seconds: 6,
  machine,
  loadBefore: 0,
});

const after = (...measured: readonly Measurement[]): Measurements =>
  measured.reduce<Measurements>((all, one) => withMeasured(all, "memory", one), {});

/** Figure and verdict, and those of before. */
function line(all: Measurements): string[] {
  const found = asMarkdown(goalTableTwice(all))
    .split("\n")
    .find((text) => text.includes("memory after a million requests"));
  assert.ok(found);
  return found
    .split(" | ")
    .slice(3)
    .map((cell) => cell.replace(/ \|$/, "").trim());
}

test("a row that is measured an hour later keeps what was measured before, with its verdict", () => {
  assert.deepEqual(line(after(memoryAt("12:00", 208))), ["208 MiB", "**missed**", "", ""]);
  const twice = after(memoryAt("12:00", 208), memoryAt("13:00", 190));
  assert.deepEqual(line(twice), ["190 MiB", "floor holds", "208 MiB", "**missed**"]);
  assert.equal(twice.memory?.earlier?.date, "2026-11-27T12:00:00.000Z");
  assert.equal(twice.memory?.earlier?.cpu, "a");
});

test("within the hour it takes the place of the last one, and what was before both stays", () => {
  assert.deepEqual(line(after(memoryAt("12:00", 208), memoryAt("12:59", 190))), ["190 MiB", "floor holds", "", ""]);
  const thrice = after(memoryAt("12:00", 208), memoryAt("13:30", 190), memoryAt("14:00", 100));
  assert.deepEqual(line(thrice), ["100 MiB", "aim reached", "208 MiB", "**missed**"]);
});
