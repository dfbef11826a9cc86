/** @import { CallOptions, Calls } from "./calls.js" */
/**
 * @import {
 *   Announcement, ConferenceApplication, Invited, JoinedConference, OwnConference as Present, Participant,
 * } from "./api.d.ts"
 */

/** @typedef {Pick<Invited["participants"][number], "kind" | "address">} Address of a participant */

/**
 * The conference that the agent is in, or is about to be in. A call is sent once and never repeated; a problem's
 * `outcome` says whether it may have been carried out all the same.
 */
export class OwnConference {
  #calls;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
  }

  /**
   * Applies for a conference, with this agent as its chair.
   *
   * @param {ConferenceApplication} application
   * @param {CallOptions} [options]
   * @returns {Promise<JoinedConference | { state: "requested" }>} `requested`: the events tell what becomes of it
   */
  apply(application, options) {
    return this.#calls.json("POST", "conference", { ...options, body: application });
  }

  /**
   * @param {CallOptions} [options]
   * @returns {Promise<Present>} or the problem `conference-not-found` when in none
   */
  get(options) {
    return this.#calls.json("GET", "conference", options);
  }

  /**
   * @param {{ addMinutes: number } | { addSeats: number } | { chair: string }} change fewer seats by a negative number
   * @param {CallOptions} [options]
   * @returns {Promise<{ addedMinutes: number } | { addedSeats: number } | { chair: string }>} what was really granted
   */
  change(change, options) {
    return this.#calls.json("PATCH", "conference", { ...options, body: change });
  }

  /** Ends it for everybody; the chair alone can. @param {CallOptions} [options] @returns {Promise<void>} */
  async end(options) {
    await this.#calls.json("DELETE", "conference", options);
  }

  /**
   * Takes the invitation that is there.
   *
   * @param {CallOptions} [options]
   * @returns {Promise<JoinedConference | { state: "answering" }>}
   */
  answer(options) {
    return this.#calls.json("POST", "conference/answer", options);
  }

  /** @param {CallOptions} [options] @returns {Promise<void>} */
  async reject(options) {
    await this.#calls.json("POST", "conference/reject", options);
  }

  /** @param {CallOptions} [options] @returns {Promise<void>} */
  async leave(options) {
    await this.#calls.json("POST", "conference/leave", options);
  }

  /**
   * @param {Address[]} participants 120 at most
   * @param {CallOptions & { callerNumber?: string }} [options]
   * @returns {Promise<Invited>} with the state of those who are in by then
   */
  invite(participants, { callerNumber, ...options } = {}) {
    const body = callerNumber === undefined ? { participants } : { participants, callerNumber };
    return this.#calls.json("POST", "conference/participants", { ...options, body });
  }

  /**
   * Mutes or unmutes, holds or takes back.
   *
   * @param {Address} participant
   * @param {{ audio: Participant["audio"] } | { held: true, announcement?: string } | { held: false }} change
   * @param {CallOptions} [options]
   * @returns {Promise<Participant | { state: "requested" }>} `requested`: taken, and nobody here can look at it
   */
  changeParticipant(participant, change, options) {
    return this.#calls.json("PATCH", pathOf(participant), { ...options, body: change });
  }

  /** @param {Address} participant @param {CallOptions} [options] @returns {Promise<void>} */
  async remove(participant, options) {
    await this.#calls.json("DELETE", pathOf(participant), options);
  }

  /**
   * Plays a voice file to everybody, or to one.
   *
   * @param {Announcement} announcement in the background only to everybody
   * @param {CallOptions & { to?: Address }} [options]
   * @returns {Promise<{ state: "requested" }>} the events tell when it has ended
   */
  announce(announcement, { to, ...options } = {}) {
    return this.#calls.json("POST", `${placeOf(to)}/announcement`, { ...options, body: announcement });
  }

  /** @param {CallOptions & { to?: Address }} [options] @returns {Promise<void>} */
  async stopAnnouncement({ to, ...options } = {}) {
    await this.#calls.json("DELETE", `${placeOf(to)}/announcement`, options);
  }
}

/** @param {Address} participant */
const pathOf = ({ kind, address }) => `conference/participants/${kind}/${encodeURIComponent(address)}`;

/** @param {Address | undefined} participant */
const placeOf = (participant) => (participant === undefined ? "conference" : pathOf(participant));
