import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { live, planOf } from "./history.ts";
import { knownFaults } from "./known-faults.ts";
import { shrunk, storyOf as toldShort } from "./shrinking.ts";

/** Of the real time. */
const FRESH_MS = 2_000;

async function holds(seed: number): Promise<void> {
  const plan = planOf(seed);
  const { violation } = await live(plan);
  if (violation === null) return;
  const story = await toldShort(await shrunk(plan, violation.kind));
  assert.fail(`${story}\n\nAll of it: npm run histories -- --seed ${seed} --only`);
}

test("everything holds in a dozen histories that are always the same", async () => {
  for (let seed = 1; seed <= 12; seed++) await holds(seed);
});

test("everything holds in some that nobody has seen before", async () => {
  const until = performance.now() + FRESH_MS;
  for (let seed = Date.now() % 1_000_000_000; performance.now() < until; seed++) await holds(seed);
});

/** Everything that happened in a history, as text. */
async function storyOf(seed: number): Promise<string> {
  const lines: string[] = [];
  await live(planOf(seed, { length: 80 }), (line) => lines.push(line));
  return lines.join("\n");
}

test("the same seed gives the same history, step for step", async () => {
  for (const seed of [3, 4]) {
    const story = await storyOf(seed);
    assert.ok(story.split("\n").length > 1_000, "much happens in it");
    // A second of another history in between: nothing of it may be left.
    await live(planOf(seed + 100, { length: 20 }));
    assert.equal(hash("sha256", await storyOf(seed)), hash("sha256", story));
  }
});

test("another seed gives another history", async () => {
  assert.notEqual(await storyOf(5), await storyOf(6));
});

test("every known fault has its place in the source, so that it can be planted", async () => {
  for (const { name, file, from } of knownFaults) {
    const source = await readFile(new URL(`../../src/${file}`, import.meta.url), "utf8");
    assert.ok(source.includes(from), `${name}: ${file}`);
  }
});
