import type { Server } from "node:http";

const BEAT_MS = 500;
const STOOD_STILL_MS = 2_000;
/** Node looks at its time limits this often, and has read what came meanwhile a moment later. */
const AFTERWARDS_MS = 2_500;

/**
 * Whether this process has just stood still, be it stopped or short of a processor. What clients have sent meanwhile lies
 * unread in their connections, and Node counts the time as theirs.
 */
export class StandStill {
  #beatAt = performance.now();
  #overAt = Number.NEGATIVE_INFINITY;

  /** Watches as long as the server is open. */
  constructor(server: Server) {
    const beat = setInterval(() => {
      const now = performance.now();
      if (now - this.#beatAt >= STOOD_STILL_MS) this.#overAt = now;
      this.#beatAt = now;
    }, BEAT_MS);
    beat.unref();
    server.once("close", () => clearInterval(beat));
  }

  get isJustOver(): boolean {
    const now = performance.now();
    // Its own beat may come after whatever asks.
    return now - this.#beatAt >= STOOD_STILL_MS || now - this.#overAt < AFTERWARDS_MS;
  }
}
