import type { Chance, Clock } from "../../src/sessions/clock.ts";

interface Timer {
  readonly at: number;
  readonly number: number;
  /** Null once it is called off. */
  call: (() => void) | null;
}

/** What is shorter would be lost to rounding, and whoever waits for it would wait for ever at one moment. */
const SHORTEST_MS = 0.001;

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.number < b.number);

/** A time that passes when a test says so: hours in milliseconds, and always in the same order. */
export class VirtualClock implements Clock {
  #now = 0;
  #wallOffset = Date.UTC(2026, 8, 21, 14, 13, 20);
  /** A binary heap, the next one first: ten thousand agents have several timers each. */
  readonly #timers: Timer[] = [];
  #number = 0;

  readonly monotonic = (): number => this.#now;
  readonly wall = (): number => this.#now + this.#wallOffset;

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        callOff();
        reject(signal?.reason as Error);
      };
      const callOff = this.after(ms, () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      });
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.#now + (ms > 0 ? Math.max(ms, SHORTEST_MS) : 0), number: this.#number++, call };
    const timers = this.#timers;
    let at = timers.push(timer) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(timer, timers[up] as Timer); up = (at - 1) >> 1) {
      timers[at] = timers[up] as Timer;
      at = up;
    }
    timers[at] = timer;
    return () => {
      timer.call = null;
    };
  }

  /** The wall clock alone: an operator, or a time server, sets it. */
  leap(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Lets `ms` pass, each timer at its time, and everything that waits for no time in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#now = Math.max(this.#now, due.at);
      due.call?.();
      // What is due at the same moment goes on together.
      if ((this.#timers[0]?.at ?? Number.POSITIVE_INFINITY) > this.#now) await settled();
    }
    this.#now = until;
  }

  /** Lets time pass until it is so; fails past `withinMs`. */
  async until(isSo: () => boolean | Promise<boolean>, withinMs = 60_000, stepMs = 10): Promise<void> {
    const end = this.#now + withinMs;
    await settled();
    while (!(await isSo())) {
      if (this.#now >= end) throw new Error(`It did not happen within ${withinMs} ms`);
      await this.advance(stepMs);
    }
  }

  #next(until: number): Timer | undefined {
    const timers = this.#timers;
    while (timers[0]?.call === null) this.#takeFirst();
    return timers[0] !== undefined && timers[0].at <= until ? this.#takeFirst() : undefined;
  }

  #takeFirst(): Timer | undefined {
    const timers = this.#timers;
    const [first] = timers;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down + 1 < timers.length && isBefore(timers[down + 1] as Timer, timers[down] as Timer)) down += 1;
      if (down >= timers.length || isBefore(last, timers[down] as Timer)) break;
      timers[at] = timers[down] as Timer;
      at = down;
    }
    timers[at] = last;
    return first;
  }
}

/** Everything that waits for no time has run: microtasks, and what they have begun. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

/** The same numbers in each run, from a seed (mulberry32). */
export function seededChance(seed = 1): Chance {
  let state = seed;
  let made = 0;
  return {
    random() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
    id() {
      made += 1;
      return `id-${seed}-${made}`;
    },
  };
}
