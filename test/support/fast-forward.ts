import type { CallOff, Clock } from "../../src/sessions/clock.ts";

interface Timer {
  readonly at: number;
  readonly call: () => void;
  timeout: NodeJS.Timeout;
}

/** The machine's time, which a test can forward: what was to happen within the time that is passed over happens at once. */
export class FastForward implements Clock {
  readonly #timers = new Set<Timer>();
  #ahead = 0;
  #leapt = 0;

  readonly monotonic = (): number => performance.now() + this.#ahead;
  readonly wall = (): number => Date.now() + this.#ahead + this.#leapt;

  readonly after = (ms: number, call: () => void): CallOff => {
    const timer: Timer = { at: this.monotonic() + ms, call, timeout: setTimeout(() => this.#fire(timer), ms) };
    timer.timeout.unref();
    this.#timers.add(timer);
    return () => this.#remove(timer);
  };

  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        callOff();
        signal?.removeEventListener("abort", end);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      const callOff = this.after(ms, end);
      signal?.addEventListener("abort", end);
      if (signal?.aborted) end();
    });

  forward(ms: number): void {
    this.#ahead += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      const left = timer.at - this.monotonic();
      clearTimeout(timer.timeout);
      if (left <= 0) this.#fire(timer);
      else timer.timeout = setTimeout(() => this.#fire(timer), left).unref();
    }
  }

  /** Somebody sets the wall clock; no time has passed. */
  leap(ms: number): void {
    this.#leapt += ms;
  }

  #fire(timer: Timer): void {
    if (this.#remove(timer)) timer.call();
  }

  #remove(timer: Timer): boolean {
    clearTimeout(timer.timeout);
    return this.#timers.delete(timer);
  }
}
