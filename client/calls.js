import { Deadline } from "./deadline.js";
import { noAnswer, notTheService, ProblemError, problemOf } from "./problem.js";

/** @import { Credentials } from "./credentials.js" */

/**
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal] aborted: the call is given up, and rejects with the signal's reason
 * @property {string} [requestId] under which the service's log has it, 1 to 64 of letters, digits and `._-`; left out: the
 *   service makes one up. A problem tells it either way
 */

/**
 * @typedef {object} Sending
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 * @property {boolean | undefined} [takesCookie]
 * @property {AbortSignal} signal its reason is what the call rejects with
 */

/** One request each, with its token, and every failure as a {@link ProblemError}. Nothing is sent twice by itself. */
export class Calls {
  #base;
  #fetch;
  #timeoutMs;
  /** @type {Credentials} */
  credentials;

  /**
   * @param {URL} base ends with a slash
   * @param {Credentials} credentials
   * @param {typeof globalThis.fetch} fetch
   * @param {number} timeoutMs
   */
  constructor(base, credentials, fetch, timeoutMs) {
    this.#base = base;
    this.credentials = credentials;
    this.#fetch = fetch;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param {string} method
   * @param {string} path relative to the service
   * @param {CallOptions & { body?: unknown, takesCookie?: boolean }} [options] `takesCookie`: the answer may set one
   * @returns {Promise<any>} the JSON of the answer; null when it has none
   */
  async json(method, path, { body, takesCookie, signal, requestId } = {}) {
    const late = new Deadline();
    late.within(this.#timeoutMs);
    const given = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
    try {
      /** @type {Record<string, string>} */
      const headers = requestId === undefined ? {} : { "X-Request-Id": requestId };
      const response = await this.send(method, path, { body, headers, takesCookie, signal: given });
      if (response.status === 204) return null;
      return await response.json().catch((error) => {
        given.throwIfAborted();
        throw error instanceof SyntaxError ? notTheService(response.status) : noAnswer(error);
      });
    } finally {
      late.stop();
    }
  }

  /**
   * The answer as it is, when it is a good one. A token that the service calls expired is replaced once, where a fresh
   * one can be had: that is decided before anything is done.
   *
   * @param {string} method
   * @param {string} path
   * @param {Sending} options
   * @returns {Promise<Response>}
   */
  async send(method, path, options) {
    const token = await unless(options.signal, this.credentials.token());
    try {
      return await this.#once(method, path, token, options);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== "token-expired" || token === null) throw error;
      const fresh = this.credentials.renewable ? await unless(options.signal, this.credentials.token(token)) : token;
      if (fresh === token) throw error;
      return this.#once(method, path, fresh, options);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string | null} token
   * @param {Sending} options
   */
  async #once(method, path, token, { body, headers = {}, takesCookie = false, signal }) {
    /** @type {RequestInit} */
    const request = {
      method,
      headers: {
        Accept: "application/json",
        ...headers,
        ...this.credentials.headers(token, { changes: method !== "GET", takesCookie }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      credentials: takesCookie || this.credentials.byCookie ? "include" : "omit",
      cache: "no-store",
      signal,
    };
    if (body !== undefined) request.body = JSON.stringify(body);
    let response;
    try {
      response = await this.#fetch(new URL(path, this.#base), request);
    } catch (error) {
      signal.throwIfAborted();
      throw noAnswer(error);
    }
    if (response.ok) return response;
    const problem = await problemOf(response);
    signal.throwIfAborted();
    throw problem;
  }
}

/**
 * What an app's own function promises, such as a fresh token, for as long as somebody waits for it.
 *
 * @template Value
 * @param {AbortSignal} signal
 * @param {Promise<Value>} promised
 * @returns {Promise<Value>}
 */
function unless(signal, promised) {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    promised.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
