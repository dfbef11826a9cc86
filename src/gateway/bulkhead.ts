import type { Clock } from "./clock.ts";
import { tooManyWaiting } from "./fault.ts";

/**
 * So many calls at once, a short queue behind them, and `gateway-unavailable` past that.
 *
 * Not cockatiel's: a call that was aborted keeps its place in that queue and learns of it only at its turn, and time in
 * the queue has no bound.
 */
export interface Bulkhead {
  /**
   * Resolves when the call may go; `undefined` (nothing to wait for) when it may at once. Each grant needs one
   * {@link release}. Rejects with the signal's reason when the caller leaves the queue.
   */
  enter(maxWaitMs: number, signal: AbortSignal | undefined): Promise<void> | undefined;
  release(): void;
  readonly active: number;
  readonly waiting: number;
}

export function createBulkhead(capacity: number, queueCapacity: number, clock: Clock): Bulkhead {
  let active = 0;
  // A Set keeps the order of arrival and lets anyone leave the middle at once.
  const queue = new Set<() => void>();

  function wait(maxWaitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.delete(go);
        callOff();
        signal?.removeEventListener("abort", abort);
      };
      const go = (): void => {
        leave();
        active += 1;
        resolve();
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const callOff = clock.after(maxWaitMs, () => {
        leave();
        reject(tooManyWaiting());
      });
      signal?.addEventListener("abort", abort);
      queue.add(go);
    });
  }

  return {
    enter(maxWaitMs, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (active < capacity) {
        active += 1;
        return undefined;
      }
      return queue.size < queueCapacity ? wait(maxWaitMs, signal) : Promise.reject(tooManyWaiting());
    },
    release() {
      active -= 1;
      const [next] = queue;
      next?.();
    },
    get active() {
      return active;
    },
    get waiting() {
      return queue.size;
    },
  };
}
