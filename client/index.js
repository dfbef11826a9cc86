import { BoundSessions } from "./bound-sessions.js";
import { Calls } from "./calls.js";
import { Credentials } from "./credentials.js";
import { OwnConference } from "./own-conference.js";
import { SessionEvents } from "./session-events.js";
import { Watch } from "./watch.js";

export { isProblem, ProblemError } from "./problem.js";

/**
 * @import { AgentPage, ProblemList } from "./api.d.ts"
 * @import { CallOptions } from "./calls.js"
 * @import { TokenSource } from "./credentials.js"
 * @import { SessionEventsOptions } from "./session-events.js"
 * @import { WatchOptions } from "./watch.js"
 */

/** @typedef {import("./api.d.ts").Conference} Conference */
/** @typedef {Pick<Conference, "id">} ConferenceId one of a list without details */
/** @typedef {import("./api.d.ts").ListedAgent} ListedAgent */
/** @typedef {import("./api.d.ts").ListedSession} ListedSession */
/** @typedef {import("./api.d.ts").Participant} Participant */
/** @typedef {import("./api.d.ts").ProblemPage} ProblemPage what there is to know about a problem */
/** @typedef {import("./api.d.ts").Session} Session */
/** @typedef {import("./api.d.ts").SignedIn} SignedIn */
/** @typedef {import("./api.d.ts").SignIn} SignIn */
/** @typedef {import("./line.js").End} End */
/** @typedef {import("./line.js").Trouble} Trouble */
/** @typedef {import("./problem.js").ProblemCode} ProblemCode */
/** @typedef {import("./session-events.js").SessionUpdate} SessionUpdate */
/** @typedef {import("./watch.js").WatchFreshness} WatchFreshness */
/**
 * @template [Item=Conference]
 * @typedef {import("./watch.js").WatchUpdate<Item>} WatchUpdate
 */

/**
 * @typedef {object} ClientOptions
 * @property {string | URL} [baseUrl] where the service is, with its path where it has one: `https://portal.example/bff`.
 *   Left out in a page: where the page is
 * @property {TokenSource} [token] the app's JWT, or a function that gives the one to use
 * @property {string | boolean} [cookie] true: the browser's session cookie. Outside of browsers: the cookie itself,
 *   `__Host-session=…`
 * @property {typeof globalThis.fetch} [fetch] instead of the platform's own
 * @property {number} [timeoutMs] how long an answer may take; 20,000
 */

const TIMEOUT_MS = 20_000;

/**
 * A client of one service for one session. It holds nothing open until something is watched.
 *
 * ```js
 * const client = createClient({ baseUrl: "https://portal.example/bff", token: () => auth.accessToken() });
 * for await (const update of client.watch({ details: true })) {
 *   if (update.type === "conferences") show(update.conferences);
 * }
 * ```
 *
 * @param {ClientOptions} [options]
 */
export function createClient(options) {
  return new Client(options);
}

/** Every method rejects with a {@link ProblemError} when the service, the gateway or the network fails. */
export class Client {
  #calls;
  /** The agent's own conference. @type {OwnConference} */
  conference;
  /** For trusted backends. @type {BoundSessions} */
  sessions;

  /** @param {ClientOptions} [options] */
  constructor({ baseUrl, token, cookie, fetch = globalThis.fetch, timeoutMs = TIMEOUT_MS } = {}) {
    const base = new URL(baseUrl ?? globalThis.document?.baseURI);
    base.search = "";
    base.hash = "";
    if (baseUrl === undefined) base.pathname = base.pathname.replace(/[^/]*$/, "");
    else if (!base.pathname.endsWith("/")) base.pathname += "/";
    const credentials = new Credentials({ token, cookie }, base.origin);
    this.#calls = new Calls(base, credentials, (url, request) => fetch(url, request), timeoutMs);
    this.conference = new OwnConference(this.#calls);
    this.sessions = new BoundSessions(this.#calls);
  }

  /**
   * Signs the agent in at the gateway and binds the session: that of the token, or a new one by cookie, or a new one
   * whose token this client uses from then on.
   *
   * @param {SignIn} credentials `force` signs out whoever is signed in as this agent: ask the user first
   * @param {CallOptions} [options]
   * @returns {Promise<SignedIn>}
   */
  async signIn(credentials, options) {
    const { credentials: ours } = this.#calls;
    const body = ours.byCookie ? { delivery: "cookie", ...credentials } : credentials;
    const takesCookie = body.delivery === "cookie";
    /** @type {SignedIn} */
    const signedIn = await this.#calls.json("POST", "session", { ...options, body, takesCookie });
    if (typeof signedIn.token === "string") ours.adopt(signedIn.token);
    return signedIn;
  }

  /** Who is bound. @param {CallOptions} [options] @returns {Promise<Session>} */
  session(options) {
    return this.#calls.json("GET", "session", options);
  }

  /**
   * Ends the session; the agent's last one signs the agent out at the gateway.
   *
   * @param {CallOptions & { force?: boolean }} [options] `force`: also in a call, which then ends
   * @returns {Promise<void>}
   */
  async signOut({ force = false, ...options } = {}) {
    await this.#calls.json("DELETE", force ? "session?force=true" : "session", options);
    this.#calls.credentials.forget();
  }

  /**
   * The ongoing conferences of the agent's VDN, in the gateway's order.
   *
   * @overload
   * @param {CallOptions & { details: true }} options
   * @returns {Promise<{ conferences: Conference[] }>}
   */
  /**
   * @overload
   * @param {CallOptions & { details?: false }} [options]
   * @returns {Promise<{ conferences: ConferenceId[] }>}
   */
  /**
   * @param {CallOptions & { details?: boolean }} [options]
   * @returns {Promise<any>}
   */
  list({ details = false, ...options } = {}) {
    return this.#calls.json("GET", details ? "conferences?expand=details" : "conferences", options);
  }

  /** @param {string} id @param {CallOptions} [options] @returns {Promise<Conference>} */
  get(id, options) {
    return this.#calls.json("GET", `conferences/${encodeURIComponent(id)}`, options);
  }

  /**
   * The list as it changes: a source for `for await`, or, with a listener, calls of that. See {@link WatchUpdate}.
   *
   * @overload
   * @param {WatchOptions & { details: true }} options
   * @param {(update: WatchUpdate<Conference>) => void} [listener]
   * @returns {Watch<Conference>}
   */
  /**
   * @overload
   * @param {WatchOptions & { details?: false }} [options]
   * @param {(update: WatchUpdate<ConferenceId>) => void} [listener]
   * @returns {Watch<ConferenceId>}
   */
  /**
   * @param {WatchOptions} [options]
   * @param {(update: WatchUpdate<any>) => void} [listener]
   * @returns {Watch<any>}
   */
  watch(options = {}, listener) {
    return new Watch(this.#calls, options, listener ?? null);
  }

  /**
   * The agent's gateway events and the session's own state: a source for `for await`, or, with a listener, calls of that.
   *
   * @param {SessionEventsOptions} [options]
   * @param {(update: SessionUpdate) => void} [listener]
   * @returns {SessionEvents}
   */
  events(options = {}, listener) {
    return new SessionEvents(this.#calls, options, listener ?? null);
  }

  /**
   * Another operation of the agent, as far as the installation serves it (`AGENT_OPERATIONS`).
   *
   * @param {string} operation as in `saybusy`, `callout`
   * @param {Readonly<Record<string, unknown>>} [fields]
   * @param {CallOptions} [options]
   * @returns {Promise<{ result: unknown }>} as the gateway gave it
   */
  agent(operation, fields = {}, options) {
    return this.#calls.json("POST", `agent/${encodeURIComponent(operation)}`, { ...options, body: fields });
  }

  /**
   * Who is signed in, the last poll, and which instance holds it: for a trusted backend, 500 a page.
   *
   * @param {{ after?: string }} [page] `after`: `next` of the page before
   * @param {CallOptions} [options]
   * @returns {Promise<AgentPage>}
   */
  agents({ after } = {}, options) {
    return this.#calls.json(
      "GET",
      after === undefined ? "agents" : `agents?${new URLSearchParams({ after })}`,
      options,
    );
  }

  /** What each problem means and what to do about it. @param {CallOptions} [options] @returns {Promise<ProblemList>} */
  problems(options) {
    return this.#calls.json("GET", "problems", options);
  }

  /** One of them. @param {string} code @param {CallOptions} [options] @returns {Promise<ProblemPage>} */
  explain(code, options) {
    return this.#calls.json("GET", `problems/${encodeURIComponent(code)}`, options);
  }
}
