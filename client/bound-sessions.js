/** @import { Binding, ListedSession, SessionPage } from "./api.d.ts" */
/** @import { CallOptions, Calls } from "./calls.js" */

/** Whose tokens name a session: the apps' issuer, or this service. @typedef {ListedSession["issuer"]} Issuer */

/**
 * For a trusted backend, whose token has the service's scope: sessions of users whose agents were signed in elsewhere.
 */
export class BoundSessions {
  #calls;

  /** @param {Calls} calls */
  constructor(calls) {
    this.#calls = calls;
  }

  /**
   * @param {string} sessionId the value of the session claim in the user's token
   * @param {Binding} binding
   * @param {CallOptions} [options]
   * @returns {Promise<ListedSession>} as it is bound now
   */
  bind(sessionId, binding, options) {
    return this.#calls.json("PUT", pathOf(sessionId), { ...options, body: binding });
  }

  /**
   * @param {{ issuer?: Issuer, subject?: string, agentId?: string, after?: string }} [filter] `after`: `next` of the
   *   page before
   * @param {CallOptions} [options]
   * @returns {Promise<SessionPage>}
   */
  list(filter = {}, options) {
    const query = new URLSearchParams(filter).toString();
    return this.#calls.json("GET", query === "" ? "sessions" : `sessions?${query}`, options);
  }

  /** @param {string} sessionId @param {CallOptions} [options] @returns {Promise<void>} */
  async revoke(sessionId, options) {
    await this.#calls.json("DELETE", pathOf(sessionId), options);
  }

  /**
   * All sessions of a user.
   *
   * @param {string} subject
   * @param {CallOptions & { issuer?: Issuer }} [options] whose user it is; left out: of the apps' issuer, where the
   *   installation has one
   * @returns {Promise<void>}
   */
  async revokeSubject(subject, { issuer, ...options } = {}) {
    const query = new URLSearchParams(issuer === undefined ? { subject } : { issuer, subject });
    await this.#calls.json("DELETE", `sessions?${query}`, options);
  }
}

/** @param {string} sessionId */
const pathOf = (sessionId) => `sessions/${encodeURIComponent(sessionId)}`;
