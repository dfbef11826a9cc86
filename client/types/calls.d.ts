import type { Credentials } from "./credentials.js";
export type CallOptions = {
    /**
     * aborted: the call is given up, and rejects with the signal's reason
     */
    signal?: AbortSignal;
    /**
     * under which the service's log has it, 1 to 64 of letters, digits and `._-`; left out: the
     * service makes one up. A problem tells it either way
     */
    requestId?: string;
};
export type Sending = {
    body?: unknown;
    headers?: Record<string, string>;
    takesCookie?: boolean | undefined;
    /**
     * its reason is what the call rejects with
     */
    signal: AbortSignal;
};
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
export declare class Calls {
    #private;
    /** @type {Credentials} */
    credentials: Credentials;
    /**
     * @param {URL} base ends with a slash
     * @param {Credentials} credentials
     * @param {typeof globalThis.fetch} fetch
     * @param {number} timeoutMs
     */
    constructor(base: URL, credentials: Credentials, fetch: typeof globalThis.fetch, timeoutMs: number);
    /**
     * @param {string} method
     * @param {string} path relative to the service
     * @param {CallOptions & { body?: unknown, takesCookie?: boolean }} [options] `takesCookie`: the answer may set one
     * @returns {Promise<any>} the JSON of the answer; null when it has none
     */
    json(method: string, path: string, { body, takesCookie, signal, requestId }?: CallOptions & {
        body?: unknown;
        takesCookie?: boolean;
    }): Promise<any>;
    /**
     * The answer as it is, when it is a good one. A token that the service calls expired is replaced once, where a fresh
     * one can be had: that is decided before anything is done.
     *
     * @param {string} method
     * @param {string} path
     * @param {Sending} options
     * @returns {Promise<Response>}
     */
    send(method: string, path: string, options: Sending): Promise<Response>;
}
