import type { Clock } from "./clock.ts";
import type { AppSession } from "./model.ts";
import type { SessionOptions } from "./options.ts";

const MOST_BETWEEN_TOUCHES_MS = 60_000;

/** How long an app session lives: an idle end that use moves on, and an absolute end that nothing moves. */
export class Lifetime {
  readonly #idleMs: number;
  readonly #maxMs: number;
  readonly #clock: Clock;
  readonly #passed: () => number | null;

  /** @param passed the moment that has passed for sure; null: none, and nothing is over */
  constructor(config: Pick<SessionOptions, "idleMs" | "maxMs">, clock: Clock, passed: () => number | null) {
    this.#idleMs = config.idleMs;
    this.#maxMs = config.maxMs;
    this.#clock = clock;
    this.#passed = passed;
  }

  /** Epoch milliseconds: the earlier of both ends. */
  expiresAt(session: AppSession): number {
    return Math.min(session.lastUsedAt + this.#idleMs, session.createdAt + this.#maxMs);
  }

  /** The absolute end, in epoch milliseconds: what the `exp` of a token that is issued for the session says. */
  latestEnd(session: AppSession): number {
    return session.createdAt + this.#maxMs;
  }

  /** Why the session is over, or null while it lives. */
  over(session: AppSession): "idle" | "too-old" | null {
    const now = this.#passed();
    if (now === null) return null;
    if (now >= session.createdAt + this.#maxMs) return "too-old";
    return now >= session.lastUsedAt + this.#idleMs ? "idle" : null;
  }

  /** Whether this use has to be written down: at most once a minute, and well within the idle time. */
  touchDue(session: AppSession): boolean {
    // Nor by a time that nobody knows yet.
    if (this.#passed() === null) return false;
    return this.#clock.wall() - session.lastUsedAt >= Math.min(MOST_BETWEEN_TOUCHES_MS, this.#idleMs / 4);
  }
}
