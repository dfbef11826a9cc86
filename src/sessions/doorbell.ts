import { Problem } from "../problems.ts";
import type { CallOff, Clock } from "./clock.ts";

/** What failed is done again after this time, then after twice as much, and so on up to the longest. */
const FIRST_AGAIN_MS = 100;
const LONGEST_AGAIN_MS = 2_000;

export interface DoorbellDeps {
  readonly clock: Clock;
  /** A mistake of ours, which nobody else would hear of. */
  readonly unexpected: (error: unknown) => void;
}

/**
 * Does one thing whenever it is rung: never twice at once, and once more where it was rung meanwhile, since what was read
 * may be older than the ring. What fails is done again; what is no known problem is told, once until it works again.
 */
export class Doorbell {
  readonly #deps: DoorbellDeps;
  readonly #answer: () => Promise<void>;
  #rung = false;
  #answering = false;
  #ended = false;
  #failures = 0;
  #dropAgain: CallOff = () => undefined;

  constructor(deps: DoorbellDeps, answer: () => Promise<void>) {
    this.#deps = deps;
    this.#answer = answer;
  }

  /** Resolves when nobody has rung any more; at once where somebody else's ring is being answered. */
  async ring(): Promise<void> {
    this.#rung = true;
    if (this.#answering) return;
    this.#answering = true;
    while (this.#rung && !this.#ended) {
      this.#rung = false;
      this.#dropAgain();
      try {
        await this.#answer();
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof Problem) && this.#failures === 0) this.#deps.unexpected(error);
        this.#again();
      }
    }
    this.#answering = false;
  }

  end(): void {
    this.#ended = true;
    this.#dropAgain();
  }

  #again(): void {
    if (this.#ended) return;
    const ms = Math.min(LONGEST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#dropAgain = this.#deps.clock.after(ms, () => void this.ring());
  }
}
