import { changesBetween, keyOf, nameOf } from "./changes.js";

/**
 * @import { Conference, Participant } from "./client/api.d.ts"
 * @import { Change } from "./changes.js"
 */

/** How long one that has ended is still shown. */
export const ENDED_SHOWN_MS = 30_000;
/** How long the place of a change is marked. */
export const MARK_MS = 8_000;
const FEED_LENGTH = 100;

/** @typedef {Change & { number: number, at: number }} FeedEntry `at`: by the service's clock, in ms since the epoch */

/**
 * @typedef {object} Entry a conference as the page shows it
 * @property {Conference} conference
 * @property {boolean} marked it has come or changed a moment ago
 * @property {number | null} endedAt of the monotonic clock; null while it goes on
 */

/**
 * @typedef {object} Held since when somebody is on hold
 * @property {number} since of the monotonic clock
 * @property {boolean} atLeast it was so already when the page first looked
 * @property {string} text what is said when it has been long
 * @property {boolean} told
 */

/**
 * What the page knows beyond the newest list: what has changed and where, what ended a moment ago, and since when
 * somebody is held. `now` is always a reading of the monotonic clock.
 */
export class Overview {
  /** @type {readonly Conference[] | null} */
  #list = null;
  /** @type {Map<string, { conference: Conference, endedAt: number }>} */
  #ended = new Map();
  /** When a conference or a participant last changed, by its id or its key. @type {Map<string, number>} */
  #changed = new Map();
  /** @type {Map<string, Held>} */
  #held = new Map();
  #number = 0;
  /** The newest first. @type {FeedEntry[]} */
  feed = [];

  /** @type {readonly Conference[] | null} null: no list yet */
  get list() {
    return this.#list;
  }

  /**
   * @param {readonly Conference[]} list
   * @param {number} now
   * @param {number} at by the service's clock
   * @returns {Change[]} the most important first; none for the first list
   */
  show(list, now, at) {
    const before = this.#list;
    this.#list = list;
    const changes = before === null ? [] : changesBetween(before, list);
    this.#noteHeld(list, now, before === null);
    for (const change of changes) {
      this.#changed.set(change.id, now);
      if (change.who !== null) this.#changed.set(placeOf(change.id, change.who), now);
      if (change.kind !== "ended") continue;
      const conference = before?.find(({ id }) => id === change.id);
      if (conference !== undefined) this.#ended.set(change.id, { conference, endedAt: now });
    }
    for (const { id } of list) this.#ended.delete(id);
    const entries = changes.map((change) => ({ ...change, number: ++this.#number, at }));
    this.feed = [...entries, ...this.feed].slice(0, FEED_LENGTH);
    this.forget(now);
    return changes;
  }

  /** @param {readonly Conference[]} list @param {number} now @param {boolean} atLeast */
  #noteHeld(list, now, atLeast) {
    const before = this.#held;
    this.#held = new Map();
    for (const { id, participants } of list) {
      for (const participant of participants.filter(({ state }) => state === "held")) {
        const place = placeOf(id, keyOf(participant));
        const text = `${nameOf(participant)} has been on hold for 5 minutes in conference ${id}.`;
        this.#held.set(place, before.get(place) ?? { since: now, atLeast, text, told: false });
      }
    }
  }

  /** What goes on, and what ended a moment ago. @param {number} now @returns {Entry[]} */
  entries(now) {
    const going = (this.#list ?? []).map((conference) => ({
      conference,
      marked: this.isMarked(conference.id, now),
      endedAt: null,
    }));
    const gone = [...this.#ended.values()].map((one) => ({ ...one, marked: false }));
    return [...going, ...gone];
  }

  get anybodyHeld() {
    return this.#held.size > 0;
  }

  /** Who has been on hold for so long, each said once. @param {number} now @param {number} ms @returns {string[]} sentences */
  longHolds(now, ms) {
    /** @type {string[]} */
    const said = [];
    for (const held of this.#held.values()) {
      if (held.told || now - held.since < ms) continue;
      held.told = true;
      said.push(held.text);
    }
    return said;
  }

  /** @param {string} id @param {number} now */
  isMarked(id, now) {
    return now - (this.#changed.get(id) ?? Number.NEGATIVE_INFINITY) < MARK_MS;
  }

  /** @param {string} id @param {Participant} participant @param {number} now */
  isParticipantMarked(id, participant, now) {
    return this.isMarked(placeOf(id, keyOf(participant)), now);
  }

  /** @param {string} id @param {Participant} participant @returns {Held | null} */
  held(id, participant) {
    return this.#held.get(placeOf(id, keyOf(participant))) ?? null;
  }

  /** Lets go of marks and of what has ended, once their time is over. @param {number} now @returns {boolean} whether anything went */
  forget(now) {
    let gone = false;
    for (const [place, at] of this.#changed) {
      if (now - at < MARK_MS) continue;
      this.#changed.delete(place);
      gone = true;
    }
    for (const [id, { endedAt }] of this.#ended) {
      if (now - endedAt < ENDED_SHOWN_MS) continue;
      this.#ended.delete(id);
      gone = true;
    }
    return gone;
  }
}

/** @param {string} id @param {string} key */
const placeOf = (id, key) => `${id} ${key}`;
