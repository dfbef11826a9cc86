/**
 * How long to wait before the next attempt: doubling, so that a service that is down is not asked by everybody all the
 * time, and scattered, so that those who lost it together do not come back together.
 */
export class Pauses {
  #firstMs;
  #longestMs;
  #failures = 0;
  /** What the service asked for. @type {number} */
  #askedMs = 0;

  /**
   * @param {number} firstMs
   * @param {number} longestMs
   */
  constructor(firstMs, longestMs) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  /** By `retry:` or `Retry-After`; holds for the next pause. @param {number | null} ms */
  ask(ms) {
    // Nobody is kept away for good: who is not to come back is told so.
    this.#askedMs = Math.min(ms ?? 0, 60_000);
  }

  next() {
    const full = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    const scattered = full * (0.5 + Math.random() / 2);
    const asked = this.#askedMs * (1 + Math.random() / 4);
    this.#askedMs = 0;
    return Math.max(scattered, asked);
  }

  reset() {
    this.#failures = 0;
  }
}
