/** @import { Binding, ListedSession, SessionPage } from "../api.d.ts" */
/** @import { CallOptions, Calls } from "./calls.js" */
import type { Binding, ListedSession, SessionPage } from "../api.d.ts";
import type { CallOptions, Calls } from "./calls.js";
export type Issuer = ListedSession["issuer"];
/** Whose tokens name a session: the apps' issuer, or this service. @typedef {ListedSession["issuer"]} Issuer */
/**
 * For a trusted backend, whose token has the service's scope: sessions of users whose agents were signed in elsewhere.
 */
export declare class BoundSessions {
    #private;
    /** @param {Calls} calls */
    constructor(calls: Calls);
    /**
     * @param {string} sessionId the value of the session claim in the user's token
     * @param {Binding} binding
     * @param {CallOptions} [options]
     * @returns {Promise<ListedSession>} as it is bound now
     */
    bind(sessionId: string, binding: Binding, options?: CallOptions): Promise<ListedSession>;
    /**
     * @param {{ issuer?: Issuer, subject?: string, agentId?: string, after?: string }} [filter] `after`: `next` of the
     *   page before
     * @param {CallOptions} [options]
     * @returns {Promise<SessionPage>}
     */
    list(filter?: {
        issuer?: Issuer;
        subject?: string;
        agentId?: string;
        after?: string;
    }, options?: CallOptions): Promise<SessionPage>;
    /** @param {string} sessionId @param {CallOptions} [options] @returns {Promise<void>} */
    revoke(sessionId: string, options?: CallOptions): Promise<void>;
    /**
     * All sessions of a user.
     *
     * @param {string} subject
     * @param {CallOptions & { issuer?: Issuer }} [options] whose user it is; left out: of the apps' issuer, where the
     *   installation has one
     * @returns {Promise<void>}
     */
    revokeSubject(subject: string, { issuer, ...options }?: CallOptions & {
        issuer?: Issuer;
    }): Promise<void>;
}
