import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Node's timers count whole milliseconds, from a reading that may be a little old: three of four are over too early by
 * `performance.now()`, and whoever waited for a moment finds that it has not come and waits once more.
 */
const neverEarly = (ms: number): number => Math.ceil(ms) + 1;

/** The machine's time, as the rooms want it handed in. */
export const systemClock = {
  monotonic: (): number => performance.now(),
  wall: (): number => Date.now(),
  wait: (ms: number, signal?: AbortSignal): Promise<void> =>
    wait(neverEarly(ms), undefined, signal === undefined ? {} : { signal }),
  after(ms: number, call: () => void): () => void {
    const timer = setTimeout(call, neverEarly(ms)).unref();
    return () => clearTimeout(timer);
  },
};

/** The machine's chance. */
export const systemChance = { random: (): number => Math.random(), id: (): string => randomUUID() };
