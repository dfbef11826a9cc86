import { Line } from "./line.js";
import { Updates } from "./updates.js";

/**
 * @import { SessionEventMap } from "./api.d.ts"
 * @import { Calls } from "./calls.js"
 * @import { End, Timing, Trouble } from "./line.js"
 */

/** The events that the client keeps for itself: it acts on them, and says `end`. @typedef {"session-ended" | "token-expired" | "replaced" | "instance-ending"} Ending */

/**
 * An event of the service by its name, with its data; its `id` where it can be resumed after. One that was missed while
 * the line was away comes afterwards, and one without an id may come twice.
 *
 * @typedef {{ [Name in Exclude<keyof SessionEventMap, Ending>]: { type: Name, data: SessionEventMap[Name], id: string | null } }[Exclude<keyof SessionEventMap, Ending>]} SessionEvent
 */

/**
 * @typedef {SessionEvent
 *   | { type: "open" }
 *   | { type: "trouble" } & Trouble
 *   | { type: "end" } & End} SessionUpdate `open`: the line is there, for the first time or again
 */

/**
 * @typedef {object} SessionEventsOptions
 * @property {string} [lastEventId] of an earlier stream: what came since then comes first, as far as it is kept
 * @property {AbortSignal} [signal] aborted: closed
 * @property {Timing} [timing] other times than the usual ones, for tests
 */

/** A reader may be that far behind before the line waits for it. */
const MOST_WAITING = 1_000;

/** What no reader needs a history of; the agent's events come all of them. @param {string} type */
const onlyNewest = (type) => ["alive", "open", "trouble"].includes(type);

/** The agent's gateway events and the session's own state, in order, for as long as they are wanted. */
export class SessionEvents {
  #line;
  /** @type {Updates<SessionUpdate>} */
  #updates;

  /**
   * @param {Calls} calls
   * @param {SessionEventsOptions} options
   * @param {((update: SessionUpdate) => void) | null} listener
   */
  constructor(calls, { lastEventId, signal, timing }, listener) {
    this.#updates = new Updates(listener, onlyNewest);
    const ears = {
      onOpen: () => this.#updates.push({ type: "open" }),
      onEvent: (/** @type {string} */ type, /** @type {any} */ data, /** @type {string | null} */ id) => {
        this.#updates.push(/** @type {SessionEvent} */ ({ type, data, id }));
        return this.#updates.room(MOST_WAITING);
      },
      onTrouble: (/** @type {Trouble} */ trouble) => this.#updates.push({ type: "trouble", ...trouble }),
      onEnd: (/** @type {End} */ end) => {
        this.#updates.push({ type: "end", ...end });
        this.#updates.end();
      },
    };
    this.#line = new Line(calls, "session/events", ears, { timing, signal, lastEventId });
  }

  close() {
    this.#line.close();
  }

  [Symbol.asyncIterator]() {
    return this.#updates.read(() => this.close());
  }
}
