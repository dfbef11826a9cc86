import { noAnswer, notTheService, ProblemError, problemOf } from "./problem.js";

/** @import { Credentials } from "./credentials.js" */

/**
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal] aborted: the call is given up, and rejects with the signal's reason
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
   * @param {CallOptions & { body?: unknown }} [options]
   * @returns {Promise<any>} the JSON of the answer; null when it has none
   */
  async json(method, path, { body, signal } = {}) {
    const late = AbortSignal.timeout(this.#timeoutMs);
    const response = await this.send(method, path, {
      body,
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    });
    try {
      return response.status === 204 ? null : await response.json();
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof SyntaxError ? notTheService(response.status) : noAnswer(error);
    }
  }

  /**
   * The answer as it is, when it is a good one. A token that the service calls expired is replaced once, where a fresh
   * one can be had: that is decided before anything is done.
   *
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string>, signal: AbortSignal }} options
   * @returns {Promise<Response>}
   */
  async send(method, path, options) {
    const token = await this.credentials.token();
    try {
      return await this.#once(method, path, token, options);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== "token-expired" || token === null) throw error;
      const fresh = this.credentials.renewable ? await this.credentials.token(token) : token;
      if (fresh === token) throw error;
      return this.#once(method, path, fresh, options);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string | null} token
   * @param {{ body?: unknown, headers?: Record<string, string>, signal: AbortSignal }} options
   */
  async #once(method, path, token, { body, headers = {}, signal }) {
    /** @type {RequestInit} */
    const request = {
      method,
      headers: {
        ...headers,
        ...this.credentials.headers(token, method !== "GET"),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      credentials: this.credentials.byCookie ? "include" : "omit",
      cache: "no-store",
      signal,
    };
    if (body !== undefined) request.body = JSON.stringify(body);
    let response;
    try {
      response = await this.#fetch(new URL(path, this.#base), request);
    } catch (error) {
      if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
      throw noAnswer(error);
    }
    if (response.ok) return response;
    throw await problemOf(response);
  }
}

/** @param {unknown} reason */
const isTimeout = (reason) => reason instanceof DOMException && reason.name === "TimeoutError";
