import type { Clock } from "../../clock.ts";

export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/** Settles as `promise` does, or rejects after `ms`. What comes later is ignored. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // A process that stood still finds the answer among what came meanwhile, which is read after the timers.
    const callOff = clock.after(ms, () => setImmediate(() => reject(new TooSlow())));
    promise.then(
      (value) => {
        callOff();
        resolve(value);
      },
      (error) => {
        callOff();
        reject(error);
      },
    );
  });
}
