import { setTimeout as wait } from "node:timers/promises";

/** Short for a test, long for a machine that is to do something else meanwhile. */
const LOOK_AGAIN_MS = 20;

/** Looks until it is so; fails with what `otherwise` says. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  withinMs = 30_000,
  otherwise: () => string = () => "it did not happen",
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`After ${withinMs} ms: ${otherwise()}`);
    await wait(LOOK_AGAIN_MS);
  }
}
