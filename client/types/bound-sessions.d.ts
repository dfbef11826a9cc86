/** @import { Binding, SessionPage } from "../api.d.ts" */
/** @import { CallOptions, Calls } from "./calls.js" */
import type { Binding, SessionPage } from "../api.d.ts";
import type { CallOptions, Calls } from "./calls.js";
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
     * @returns {Promise<void>}
     */
    bind(sessionId: string, binding: Binding, options?: CallOptions): Promise<void>;
    /**
     * @param {{ subject?: string, agentId?: string, after?: string }} [filter] `after`: `next` of the page before
     * @param {CallOptions} [options]
     * @returns {Promise<SessionPage>}
     */
    list(filter?: {
        subject?: string;
        agentId?: string;
        after?: string;
    }, options?: CallOptions): Promise<SessionPage>;
    /** @param {string} sessionId @param {CallOptions} [options] @returns {Promise<void>} */
    revoke(sessionId: string, options?: CallOptions): Promise<void>;
    /** All sessions of a user. @param {string} subject @param {CallOptions} [options] @returns {Promise<void>} */
    revokeSubject(subject: string, options?: CallOptions): Promise<void>;
}
