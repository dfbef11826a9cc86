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
   * @param {boolean} changing whether the request changes anything
   * @returns {Record<string, string>}
   */
  headers(token, changing) {
    if (token !== null) return { Authorization: `Bearer ${token}` };
    /** @type {Record<string, string>} */
    const headers = {};
    if (changing && this.#cookie !== false) headers["X-CSRF"] = "1";
    if (typeof this.#cookie === "string") {
      headers.Cookie = this.#cookie;
      // A browser says by itself where a change comes from; a program that was given a cookie has to.
      if (changing) headers.Origin = this.#origin;
    }
    return headers;
  }
}
