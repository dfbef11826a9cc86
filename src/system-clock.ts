import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

/** The machine's time, as the rooms want it handed in. */
export const systemClock = {
  monotonic: (): number => performance.now(),
  wall: (): number => Date.now(),
  wait: (ms: number, signal?: AbortSignal): Promise<void> =>
    wait(ms, undefined, signal === undefined ? {} : { signal }),
  after(ms: number, call: () => void): () => void {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** The machine's chance. */
export const systemChance = { random: (): number => Math.random(), id: (): string => randomUUID() };
