import type { Chance, Clock } from "../clock.ts";

/** The slowest pace of a poller whose polls fail: far below the gateway's two minutes. */
const SLOWEST_MS = 5_000;
/** The bounds of the gateway's reference, page 1274. */
const SHORTEST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 500;
/**
 * All agents' rests end at ticks so far apart, and the process wakes once for many of them: where it wakes for each one alone
 * a poll takes 1.15 times the processor time (5,000 agents).
 */
const TICK_MS = 20;

interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Pause between two polls, more or less. */
  readonly intervalMs: number;
}

/**
 * When an agent's next poll may begin: after a pause when one was answered, ever later while they fail, and sooner when
 * there is news; but never hastily, whatever cut the pause short.
 */
export class Pace {
  readonly #deps: Deps;
  /** No poll begins before this reading of the monotonic clock. */
  #notBefore: number;
  #failures = 0;
  #endRest = (): void => undefined;

  constructor(deps: Deps, firstPauseMs: number) {
    this.#deps = deps;
    this.#notBefore = deps.clock.monotonic() + firstPauseMs;
  }

  /** Milliseconds that a poll would be too early now; never negative. */
  early(): number {
    return Math.max(0, this.#notBefore - this.#deps.clock.monotonic());
  }

  /** How many polls in a row have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** A poll was answered, well or not. */
  answered(): void {
    this.#notBefore = this.#deps.clock.monotonic() + this.#pauseMs();
    this.#failures = 0;
  }

  /** A poll has ended without an answer, perhaps by our own hand: the gateway may have answered all the same. */
  ended(): void {
    this.#notBefore = this.#deps.clock.monotonic() + this.#deps.intervalMs;
  }

  /** A poll's Guid was refused: the next comes soon, whatever the site's interval. Answers with the pause, in ms. */
  refused(mostMs: number): number {
    this.#notBefore = Math.min(this.#notBefore, this.#deps.clock.monotonic() + mostMs);
    return this.early();
  }

  /** One more poll in a row has failed. Answers with the pause before the next, in ms. */
  failed(): number {
    const { intervalMs, chance } = this.#deps;
    this.#failures += 1;
    const backoff = Math.min(SLOWEST_MS, intervalMs * 2 ** Math.min(this.#failures - 1, 10));
    return Math.max(intervalMs, backoff * (0.5 + chance.random() / 2));
  }

  /** Resolves at the first tick after `ms`, or as soon as somebody wakes it. Does not keep the process alive. */
  rest(ms: number): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const until = Math.ceil((now + ms) / TICK_MS) * TICK_MS;
    return new Promise((resolve) => {
      const callOff = clock.after(until - now, resolve);
      this.#endRest = () => {
        callOff();
        resolve();
      };
    });
  }

  wake(): void {
    this.#endRest();
  }

  /** A fifth more or less, so that agents polled from one moment on do not stay in step for ever. */
  #pauseMs(): number {
    const { intervalMs, chance } = this.#deps;
    const pause = intervalMs * (0.8 + chance.random() * 0.4);
    const longest = intervalMs > LONGEST_PAUSE_MS ? intervalMs : LONGEST_PAUSE_MS - TICK_MS;
    return Math.min(Math.max(pause, Math.min(intervalMs, SHORTEST_PAUSE_MS)), longest);
  }
}
