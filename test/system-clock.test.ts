import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../src/system-clock.ts";

/** By how much the earliest of two hundred was too early, in ms; negative: none was. */
async function earliest(wait: (ms: number) => Promise<void>): Promise<number> {
  const early = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await systemClock.wait(index % 17);
      const until = systemClock.monotonic() + 20 + index / 7;
      await wait(until - systemClock.monotonic());
      return until - systemClock.monotonic();
    }),
  );
  return Math.max(...early);
}

test("nothing that is waited for is over before its time", async () => {
  assert.ok((await earliest(systemClock.wait)) <= 0);
  const after = (ms: number) =>
    new Promise<void>((resolve) => {
      systemClock.after(ms, resolve);
      setTimeout(() => undefined, ms + 5);
    });
  assert.ok((await earliest(after)) <= 0);
});
