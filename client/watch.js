import { Freshness } from "./freshness.js";
import { Line } from "./line.js";
import { ProblemError } from "./problem.js";
import { Updates } from "./updates.js";

/**
 * @import { Conference, ConferenceList, Problem } from "./api.d.ts"
 * @import { Calls } from "./calls.js"
 * @import { Age, Alive } from "./freshness.js"
 * @import { End, Timing, Trouble } from "./line.js"
 */

/** @typedef {Age & { trouble: Trouble | null }} WatchFreshness with what is known about why the list grows old */

/**
 * One thing that a watch has to say. Only `conferences` brings a list; between two of them it has not changed.
 *
 * @template [Item=Conference]
 * @typedef {{ type: "conferences", conferences: Item[] }
 *   | { type: "alive" } & Alive
 *   | { type: "freshness" } & WatchFreshness
 *   | { type: "trouble" } & Trouble
 *   | { type: "end" } & End} WatchUpdate
 */

/**
 * @typedef {object} WatchOptions
 * @property {boolean} [details] each conference with its details, not its id alone
 * @property {AbortSignal} [signal] aborted: closed
 * @property {Timing} [timing] other times than the usual ones, for tests
 */

/** A reader who is slow needs no history of anything. */
const onlyNewest = () => true;

/**
 * The list of conferences as it changes, for as long as it is wanted. It is a loop's source, and can be asked at any
 * moment how fresh the list is.
 *
 * @template [Item=Conference]
 */
export class Watch {
  #line;
  /** @type {Updates<WatchUpdate<Item>>} */
  #updates;
  #freshness = new Freshness();
  /** @type {Trouble | null} */
  #trouble = null;
  /** When something last came through; of the monotonic clock. */
  #heard = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #said = "waiting ";
  /** When the trouble was last told of; of the monotonic clock. */
  #troubledAt = 0;
  #renewed = Number.NEGATIVE_INFINITY;

  /**
   * @param {Calls} calls
   * @param {WatchOptions} options
   * @param {((update: WatchUpdate<Item>) => void) | null} listener
   */
  constructor(calls, { details = false, signal, timing }, listener) {
    this.#updates = new Updates(listener, onlyNewest);
    const ears = {
      onOpen: () => this.#freshness.connected(),
      onEvent: (/** @type {string} */ event, /** @type {any} */ data) => this.#hear(event, data),
      onTrouble: (/** @type {Trouble} */ trouble) => this.#suffer(trouble),
      onEnd: (/** @type {End} */ end) => this.#end(end),
    };
    const path = details ? "conferences/stream?expand=details" : "conferences/stream";
    this.#line = new Line(calls, path, ears, { timing, signal });
  }

  /** How fresh the list is at this very moment, and what keeps it from being fresher. @returns {WatchFreshness} */
  get freshness() {
    const now = performance.now();
    const age = this.#freshness.at(now, Date.now());
    const old = age.state === "late" || age.state === "stale";
    return { ...age, trouble: this.#trouble ?? (old ? this.#suspicion(now) : null) };
  }

  /** Nobody has said why the list grows old: a service that still talks is waiting for its gateway. @param {number} now @returns {Trouble} */
  #suspicion(now) {
    return { source: now - this.#heard < SILENT_MS ? "gateway" : "line", problem: null };
  }

  close() {
    this.#line.close();
  }

  /** Tries at once, where a pause before the next attempt is under way. */
  retry() {
    this.#line.renew();
  }

  [Symbol.asyncIterator]() {
    return this.#updates.read(() => this.close());
  }

  /**
   * @param {string} event
   * @param {any} data
   */
  #hear(event, data) {
    this.#heard = performance.now();
    if (this.#trouble !== null && this.#trouble.source !== "gateway") this.#trouble = null;
    if (event === "conferences") {
      this.#trouble = null;
      const { conferences } = /** @type {ConferenceList} */ (data);
      this.#updates.push({ type: "conferences", conferences: /** @type {Item[]} */ (conferences) });
    } else if (event === "alive") this.#alive(data);
    else if (event === "problem") this.#suffer(troubleOf(data));
    this.#tellFreshness();
  }

  /** @param {Alive} alive */
  #alive(alive) {
    const now = performance.now();
    const wall = Date.now();
    const lag = this.#freshness.hear(alive, now, wall);
    // The gateway has answered since. By durations alone: the service's clock may have been set.
    const { ageMs } = this.#freshness.at(now, wall);
    if (alive.asOf !== null && ageMs !== null && ageMs < now - this.#troubledAt) this.#trouble = null;
    this.#updates.push({ type: "alive", ...alive });
    // Late by a stalled line, or by a clock that was set at the other end: a new connection knows.
    if (lag > LAG_MS && now - this.#renewed > RENEW_MS) {
      this.#renewed = now;
      this.#line.renew();
    }
  }

  /** @param {Trouble} trouble */
  #suffer(trouble) {
    const known = this.#trouble;
    this.#trouble = trouble;
    this.#troubledAt = performance.now();
    if (nameOf(known) !== nameOf(trouble)) this.#updates.push({ type: "trouble", ...trouble });
    this.#tellFreshness();
  }

  #tellFreshness() {
    clearTimeout(this.#timer);
    const freshness = this.freshness;
    const saying = `${freshness.state} ${nameOf(freshness.trouble)}`;
    if (saying !== this.#said) {
      this.#said = saying;
      this.#updates.push({ type: "freshness", ...freshness });
    }
    const next = this.#freshness.nextChange(performance.now(), Date.now());
    if (next !== null) this.#timer = setTimeout(() => this.#tellFreshness(), Math.max(next, 0) + 1);
  }

  /** @param {End} end */
  #end(end) {
    clearTimeout(this.#timer);
    this.#updates.push({ type: "end", ...end });
    this.#updates.end();
  }
}

/** The service says something every 5 s. */
const SILENT_MS = 7_000;
const LAG_MS = 5_000;
const RENEW_MS = 30_000;

/** @param {Problem} body @returns {Trouble} */
function troubleOf(body) {
  const source = body.code.startsWith("gateway-") || body.status < 500 ? "gateway" : "service";
  return { source, problem: new ProblemError(body, { status: body.status }) };
}

/** @param {Trouble | null} trouble */
const nameOf = (trouble) =>
  trouble === null ? "" : `${trouble.source} ${trouble.problem?.code} ${trouble.problem?.retcode}`;
