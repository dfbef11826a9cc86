import { BoundSessions } from "./bound-sessions.js";
import { OwnConference } from "./own-conference.js";
import { SessionEvents } from "./session-events.js";
import { Watch } from "./watch.js";
export { isProblem, ProblemError } from "./problem.js";
import type { AgentPage, ProblemList } from "../api.d.ts";
import type { CallOptions } from "./calls.js";
import type { TokenSource } from "./credentials.js";
import type { SessionEventsOptions } from "./session-events.js";
import type { WatchOptions } from "./watch.js";
export type Conference = import("../api.d.ts").Conference;
export type ConferenceId = Pick<Conference, "id">;
export type ListedAgent = import("../api.d.ts").ListedAgent;
export type ListedSession = import("../api.d.ts").ListedSession;
export type Participant = import("../api.d.ts").Participant;
export type ProblemPage = import("../api.d.ts").ProblemPage;
export type Session = import("../api.d.ts").Session;
export type SignedIn = import("../api.d.ts").SignedIn;
export type SignIn = import("../api.d.ts").SignIn;
export type End = import("./line.js").End;
export type Trouble = import("./line.js").Trouble;
export type ProblemCode = import("./problem.js").ProblemCode;
export type SessionUpdate = import("./session-events.js").SessionUpdate;
export type WatchFreshness = import("./watch.js").WatchFreshness;
export type WatchUpdate<Item = Conference> = import("./watch.js").WatchUpdate<Item>;
export type ClientOptions = {
    /**
     * where the service is, with its path where it has one: `https://portal.example/bff`.
     * Left out in a page: where the page is
     */
    baseUrl?: string | URL;
    /**
     * the app's JWT, or a function that gives the one to use
     */
    token?: TokenSource;
    /**
     * true: the browser's session cookie. Outside of browsers: the cookie itself,
     * `__Host-session=…`
     */
    cookie?: string | boolean;
    /**
     * instead of the platform's own
     */
    fetch?: typeof globalThis.fetch;
    /**
     * how long an answer may take; 20,000
     */
    timeoutMs?: number;
};
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
export declare function createClient(options?: ClientOptions): Client;
/** Every method rejects with a {@link ProblemError} when the service, the gateway or the network fails. */
export declare class Client {
    #private;
    /** The agent's own conference. @type {OwnConference} */
    conference: OwnConference;
    /** For trusted backends. @type {BoundSessions} */
    sessions: BoundSessions;
    /** @param {ClientOptions} [options] */
    constructor({ baseUrl, token, cookie, fetch, timeoutMs }?: ClientOptions);
    /**
     * Signs the agent in at the gateway and binds the session: that of the token, or a new one by cookie, or a new one
     * whose token this client uses from then on.
     *
     * @param {SignIn} credentials `force` signs out whoever is signed in as this agent: ask the user first
     * @param {CallOptions} [options]
     * @returns {Promise<SignedIn>}
     */
    signIn(credentials: SignIn, options?: CallOptions): Promise<SignedIn>;
    /** Who is bound. @param {CallOptions} [options] @returns {Promise<Session>} */
    session(options?: CallOptions): Promise<Session>;
    /**
     * Ends the session; the agent's last one signs the agent out at the gateway.
     *
     * @param {CallOptions & { force?: boolean }} [options] `force`: also in a call, which then ends
     * @returns {Promise<void>}
     */
    signOut({ force, ...options }?: CallOptions & {
        force?: boolean;
    }): Promise<void>;
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
    list(options: CallOptions & {
        details: true;
    }): Promise<{
        conferences: Conference[];
    }>;
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
    list(options?: CallOptions & {
        details?: false;
    }): Promise<{
        conferences: ConferenceId[];
    }>;
    /** @param {string} id @param {CallOptions} [options] @returns {Promise<Conference>} */
    get(id: string, options?: CallOptions): Promise<Conference>;
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
    watch(options: WatchOptions & {
        details: true;
    }, listener?: (update: WatchUpdate<Conference>) => void): Watch<Conference>;
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
    watch(options?: WatchOptions & {
        details?: false;
    }, listener?: (update: WatchUpdate<ConferenceId>) => void): Watch<ConferenceId>;
    /**
     * The agent's gateway events and the session's own state: a source for `for await`, or, with a listener, calls of that.
     *
     * @param {SessionEventsOptions} [options]
     * @param {(update: SessionUpdate) => void} [listener]
     * @returns {SessionEvents}
     */
    events(options?: SessionEventsOptions, listener?: (update: SessionUpdate) => void): SessionEvents;
    /**
     * Another operation of the agent, as far as the installation serves it (`AGENT_OPERATIONS`).
     *
     * @param {string} operation as in `saybusy`, `callout`
     * @param {Readonly<Record<string, unknown>>} [fields]
     * @param {CallOptions} [options]
     * @returns {Promise<{ result: unknown }>} as the gateway gave it
     */
    agent(operation: string, fields?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<{
        result: unknown;
    }>;
    /**
     * Who is signed in, the last poll, and which instance holds it: for a trusted backend, 500 a page.
     *
     * @param {{ after?: string }} [page] `after`: `next` of the page before
     * @param {CallOptions} [options]
     * @returns {Promise<AgentPage>}
     */
    agents({ after }?: {
        after?: string;
    }, options?: CallOptions): Promise<AgentPage>;
    /** What each problem means and what to do about it. @param {CallOptions} [options] @returns {Promise<ProblemList>} */
    problems(options?: CallOptions): Promise<ProblemList>;
    /** One of them. @param {string} code @param {CallOptions} [options] @returns {Promise<ProblemPage>} */
    explain(code: string, options?: CallOptions): Promise<ProblemPage>;
}
