/**
 * How old the list is, and whether it may be called live.
 *
 * @typedef {object} Age
 * @property {"waiting" | "live" | "late" | "stale"} state `waiting`: no list yet. `late` past the longer of 10 s and
 *   three intervals, `stale` past the longer of 15 s and four
 * @property {number | null} ageMs since the gateway last confirmed the list; null while waiting
 * @property {string | null} asOf when that was, by the service's clock (ISO 8601, UTC)
 */

/** @typedef {{ at: string, asOf: string | null, intervalMs: number }} Alive the data of an `alive` event */

const LATE_MS = 10_000;
const STALE_MS = 15_000;
/** A difference of two clocks of one machine that no scheduler explains. */
const ASLEEP_MS = 2_000;
const DRIFT_MS = 300_000;
const UNKNOWN = Number.POSITIVE_INFINITY;

/**
 * The age of a list by the service's own word and this machine's monotonic clock. No clock that somebody can set takes
 * part in making it younger; what is uncertain makes it older.
 */
export class Freshness {
  /** @type {{ alive: Alive, ageMs: number, now: number, slept: number } | null} */
  #last = null;
  /**
   * The smallest difference of an event's receipt here and its sending there, of this connection. These are two clocks,
   * so only its changes say anything; and they drift, so that it is forgotten after some minutes.
   */
  #fastest = UNKNOWN;
  #fastestBefore = UNKNOWN;
  #since = 0;
  /**
   * How long the machine had slept in all when the last event came, and both clocks then: the monotonic one leaves it out.
   *
   * @type {{ slept: number, now: number, wall: number } | null}
   */
  #heard = null;

  /** A new connection: what comes on it has not been lying anywhere. */
  connected() {
    this.#fastest = UNKNOWN;
    this.#fastestBefore = UNKNOWN;
  }

  /**
   * @param {Alive} alive
   * @param {number} now a reading of the monotonic clock, in ms
   * @param {number} wall a reading of the wall clock, in ms
   * @returns {number} how long it has been on its way, in ms: past seconds it is the connection that is late
   */
  hear(alive, now, wall) {
    const sent = Date.parse(alive.at);
    const slept = this.#slept(now, wall);
    this.#heard = { slept, now, wall };
    const lag = this.#lag(now + slept - sent, now);
    if (alive.asOf !== null) {
      this.#last = { alive, ageMs: Math.max(0, sent - Date.parse(alive.asOf)) + lag, now, slept };
    }
    return lag;
  }

  /** What came later than it could have has been lying on the line: in a proxy, or before a tab that stood still. @param {number} transit @param {number} now */
  #lag(transit, now) {
    if (now - this.#since > DRIFT_MS) {
      this.#fastestBefore = this.#fastest;
      this.#fastest = UNKNOWN;
      this.#since = now;
    }
    this.#fastest = Math.min(this.#fastest, transit);
    return transit - Math.min(this.#fastest, this.#fastestBefore);
  }

  /** The wall clock goes on while the machine sleeps. It may have been set, too: it only adds. @param {number} now @param {number} wall */
  #slept(now, wall) {
    if (this.#heard === null) return 0;
    const { slept, now: then, wall: thenWall } = this.#heard;
    const asleep = wall - thenWall - (now - then);
    return slept + (asleep > ASLEEP_MS ? asleep : 0);
  }

  /**
   * @param {number} now as in {@link hear}
   * @param {number} wall as in {@link hear}
   * @returns {Age}
   */
  at(now, wall) {
    if (this.#last === null) return { state: "waiting", ageMs: null, asOf: null };
    const { alive, ageMs, now: then, slept } = this.#last;
    const age = ageMs + (now - then) + this.#slept(now, wall) - slept;
    const { late, stale } = bounds(alive.intervalMs);
    return { state: age > stale ? "stale" : age > late ? "late" : "live", ageMs: age, asOf: alive.asOf };
  }

  /** Milliseconds until the state may be another one by itself; null when it stays. @param {number} now @param {number} wall */
  nextChange(now, wall) {
    const { state, ageMs } = this.at(now, wall);
    if (this.#last === null || ageMs === null || state === "stale") return null;
    const { late, stale } = bounds(this.#last.alive.intervalMs);
    return (state === "live" ? late : stale) - ageMs;
  }
}

/** @param {number} intervalMs how often the service asks the gateway */
export const bounds = (intervalMs) => ({
  late: Math.max(LATE_MS, 3 * intervalMs),
  stale: Math.max(STALE_MS, 4 * intervalMs),
});
