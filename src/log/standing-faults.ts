import { LRUCache } from "lru-cache";

/** In ms: a fault that stands is told so often. */
const TOLD_EVERY = 60_000;

/** Bounds what is remembered: the words are fixed, and there are few of them. */
const MOST_CAUSES = 64;

interface Standing {
  readonly since: number;
  /** Whether a line has been written that an end has to be told for. */
  told: boolean;
}

/**
 * A fault of something that we depend on: told once when it comes, at most once a minute and cause while it stands, and
 * when it is over. What fails a thousand times a second would otherwise fill the disk, and what fails once between two
 * successes be two lines each time.
 */
export class StandingFaults {
  readonly #now: () => number;
  readonly #toldAt = new LRUCache<string, number>({ max: MOST_CAUSES });
  #standing: Standing | null = null;

  /** @param now monotonic, in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the fault is to be told now. */
  stands(cause: string): boolean {
    const now = this.#now();
    this.#standing ??= { since: now, told: false };
    const toldAt = this.#toldAt.get(cause);
    if (toldAt !== undefined && now - toldAt < TOLD_EVERY) return false;
    this.#toldAt.set(cause, now);
    this.#standing.told = true;
    return true;
  }

  /** How long it stood, in ms, where its end is to be told. */
  over(): number | null {
    if (this.#standing === null) return null;
    const { since, told } = this.#standing;
    this.#standing = null;
    return told ? Math.round(this.#now() - since) : null;
  }
}
