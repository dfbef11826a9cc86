/**
 * The app's JWT, or how to get one. A function is asked before each request, and again with the token that the service
 * has refused as expired.
 *
 * @typedef {string | ((refused?: string) => string | Promise<string>)} TokenSource
 */

/** How the client is known to the service: by a token, by the session cookie, or (before a sign-in) not at all. */
export class Credentials {
  /** @type {TokenSource | null} */
  #token;
  /** @type {string | boolean} */
  #cookie;
  #origin;
  #adopted = false;

  /**
   * @param {{ token?: TokenSource | undefined, cookie?: string | boolean | undefined }} options
   * @param {string} origin of the service
   */
  constructor({ token, cookie = false }, origin) {
    this.#token = token ?? null;
    this.#cookie = cookie;
    this.#origin = origin;
  }

  /** Whether the browser, or the `cookie` that was given, is what names the session. */
  get byCookie() {
    return this.#cookie !== false && this.#token === null;
  }

  /** Whether a fresh token can be had. */
  get renewable() {
    return typeof this.#token === "function";
  }

  /** What a sign-in without a token brought. @param {string} token */
  adopt(token) {
    this.#token = token;
    this.#adopted = true;
  }

  /** After a sign-out. */
  forget() {
    if (this.#adopted) this.#token = null;
  }

  /**
   * @param {string} [refused] a token that the service called expired
   * @returns {Promise<string | null>}
   */
  async token(refused) {
    return typeof this.#token === "function" ? this.#token(refused) : this.#token;
  }

  /**
   * @param {string | null} token
   * @param {{ changes: boolean, takesCookie: boolean }} request whether it changes anything, and may bring the cookie
   * @returns {Record<string, string>}
   */
  headers(token, { changes, takesCookie }) {
    /** @type {Record<string, string>} */
    const headers = {};
    const byCookie = token === null && this.#cookie !== false;
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    else if (typeof this.#cookie === "string") headers.Cookie = this.#cookie;
    if (changes && (byCookie || takesCookie)) {
      headers["X-CSRF"] = "1";
      // A browser says by itself where a change comes from, and ignores this; a program has to.
      headers.Origin = this.#origin;
    }
    return headers;
  }
}
