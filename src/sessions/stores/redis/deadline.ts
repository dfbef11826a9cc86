export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/** Settles as `promise` does, or rejects after `ms`. What comes later is ignored. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // A process that stood still finds the answer among what came meanwhile, which is read after the timers.
    const timer = setTimeout(() => setImmediate(() => reject(new TooSlow())), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
