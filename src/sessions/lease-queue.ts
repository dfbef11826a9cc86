import { Problem } from "../problems.ts";
import type { CallOff, Clock } from "./clock.ts";

/** How soon who has just come looks again; a tenth of the time for which it has looked, later on. */
const LOOK_AGAIN_MS = 25;
const LOOK_AGAIN_AT_MOST_MS = 100;
/** Callers of one process do not take turns for longer than this while other processes may want one... */
const ROW_MS = 1_000;
/** ... who look at least once in this time. */
const REST_MS = 125;
/** Whoever comes after so many would hardly get a turn in its time. */
const MOST_WAITING = 1_000;

/** The lease as this process has it. */
interface Holding {
  /** Whether it may still be there: a machine that stood still has lost it. */
  isThere(): boolean;
}

interface Waiting {
  readonly since: number;
  readonly first: PromiseWithResolvers<void>;
  readonly dropDeadline: CallOff;
  /** Its time is over, and what the first has asked the store decides what it is told. */
  isOverdue: boolean;
}

/**
 * Who waits in this process for one agent's lease, first come, first served. Only the first looks at the store, and not
 * while another caller of this process has the lease: so the commands do not grow with those who wait.
 */
export class LeaseQueue {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #holding: Holding | null = null;
  /** When a caller of this process followed another for the first time, with nobody else in between. */
  #rowSince: number | null = null;
  #restsUntil = 0;
  /** Whether the store has been asked, and has not answered: nobody knows then whether anybody has the lease. */
  #isAsked = false;
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#holding === null;
  }

  /**
   * Resolves with a place when it is the first. @throws `sign-in-in-progress` once `waitMs` are over, at once where there is
   * no time to wait; or what the first was told by a store that does not answer, for which it is waited past that time
   */
  async join(waitMs: number): Promise<Place> {
    const { monotonic } = this.#clock;
    const since = monotonic();
    const isTaken = this.#waiting.length > 0 || this.#holding?.isThere() === true;
    if ((isTaken && waitMs <= 0) || this.#waiting.length >= MOST_WAITING) throw new Problem("sign-in-in-progress");
    const first = Promise.withResolvers<void>();
    const dropDeadline = this.#clock.after(waitMs, () => {
      if (this.#waiting[0] === waiting) return;
      if (this.#isAsked && !this.#holding?.isThere()) waiting.isOverdue = true;
      else this.#turnAway(waiting, new Problem("sign-in-in-progress"));
    });
    const waiting: Waiting = { since, first, dropDeadline, isOverdue: false };
    this.#waiting.push(waiting);
    if (this.#waiting.length === 1) first.resolve();
    await first.promise;
    dropDeadline();
    const firstSince = monotonic();
    return {
      look: async (ask) => {
        const sentAt = monotonic();
        if (this.#holding?.isThere() || sentAt < this.#restsUntil) return false;
        return this.#answered(sentAt, ask);
      },
      pause: async () => {
        const now = monotonic();
        const left = since + waitMs - now;
        if (left <= 0) throw new Problem("sign-in-in-progress");
        const lookAgainMs = Math.min(LOOK_AGAIN_AT_MOST_MS, Math.max(LOOK_AGAIN_MS, (now - firstSince) / 10));
        await this.#pause(Math.min(left, Math.max(lookAgainMs, this.#restsUntil - now)));
      },
      leave: () => {
        this.#remove(waiting);
        this.#waiting[0]?.first.resolve();
      },
    };
  }

  /** From now on a caller of this process has the lease. Answers with what ends that. */
  hold(holding: Holding): () => void {
    this.#holding = holding;
    return () => {
      // Where it was lost, the next one may have it already.
      if (this.#holding !== holding) return;
      this.#holding = null;
      const now = this.#clock.monotonic();
      this.#rowSince ??= now;
      if (now - this.#rowSince >= ROW_MS) {
        this.#rowSince = null;
        this.#restsUntil = now + REST_MS;
      }
      this.#wake();
    };
  }

  /** One question, one answer: nobody behind who asks would be told anything else. */
  async #answered(sentAt: number, ask: () => Promise<boolean>): Promise<boolean> {
    this.#isAsked = true;
    try {
      const isTaken = await ask();
      if (!isTaken) this.#rowSince = null;
      for (const one of this.#waiting.filter(({ isOverdue }) => isOverdue)) {
        this.#turnAway(one, new Problem("sign-in-in-progress"));
      }
      return isTaken;
    } catch (error) {
      const asWell = this.#waiting.slice(1).filter(({ since, isOverdue }) => since <= sentAt || isOverdue);
      for (const one of asWell) this.#turnAway(one, error);
      throw error;
    } finally {
      this.#isAsked = false;
    }
  }

  #turnAway(waiting: Waiting, error: unknown): void {
    this.#remove(waiting);
    waiting.dropDeadline();
    waiting.first.reject(error);
  }

  #remove(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
  }

  /** Of the first: until it looks again, or until the lease is let go here. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(ms, () => {
        this.#wake = () => undefined;
        resolve();
      });
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
  }
}

/** Of the first of those who wait. */
export interface Place {
  /**
   * Asks the store with `ask`, which answers whether the lease is ours now, where that is worth it: the lease is not another
   * caller's of this process, and it is not other processes' turn. False otherwise. @throws what `ask` throws
   */
  look(ask: () => Promise<boolean>): Promise<boolean>;
  /** Until the next look. @throws `sign-in-in-progress` when its time is over */
  pause(): Promise<void>;
  /** With the lease or without: the next one is the first. */
  leave(): void;
}
