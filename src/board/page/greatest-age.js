const WARN_MS = 10 * 60_000;

/**
 * Tells ten minutes before that a session ends by its greatest age. A session that is in use ends later at every look, so
 * an end that stays where it is comes whatever its user does.
 */
export class GreatestAge {
  /** @type {{ expiresAt: string, at: number } | null} */
  #before = null;

  /**
   * @param {string} expiresAt of the session, as the service says it
   * @param {number} now by the service's clock, in ms since the epoch
   * @returns {number | null} minutes that are left, when they have to be told
   */
  look(expiresAt, now) {
    const before = this.#before;
    if (before === null || before.expiresAt !== expiresAt) {
      this.#before = { expiresAt, at: now };
      return null;
    }
    // Last use is written at most once a minute.
    if (now - before.at < 65_000) return null;
    const left = Date.parse(expiresAt) - now;
    return left > WARN_MS ? null : Math.max(0, Math.ceil(left / 60_000));
  }
}
