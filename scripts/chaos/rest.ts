import { setTimeout as wait } from "node:timers/promises";

/** Waits so long, or until the signal; never rejects. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
