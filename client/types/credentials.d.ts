/**
 * The app's JWT, or how to get one. A function is asked before each request, and again with the token that the service
 * has refused as expired.
 *
 * @typedef {string | ((refused?: string) => string | Promise<string>)} TokenSource
 */
export type TokenSource = string | ((refused?: string) => string | Promise<string>);
/** How the client is known to the service: by a token, by the session cookie, or (before a sign-in) not at all. */
export declare class Credentials {
    #private;
    /**
     * @param {{ token?: TokenSource | undefined, cookie?: string | boolean | undefined }} options
     * @param {string} origin of the service
     */
    constructor({ token, cookie }: {
        token?: TokenSource | undefined;
        cookie?: string | boolean | undefined;
    }, origin: string);
    /** Whether the browser, or the `cookie` that was given, is what names the session. */
    get byCookie(): boolean;
    /** Whether a fresh token can be had. */
    get renewable(): boolean;
    /** What a sign-in without a token brought. @param {string} token */
    adopt(token: string): void;
    /** After a sign-out. */
    forget(): void;
    /**
     * @param {string} [refused] a token that the service called expired
     * @returns {Promise<string | null>}
     */
    token(refused?: string): Promise<string | null>;
    /**
     * @param {string | null} token
     * @param {{ changes: boolean, takesCookie: boolean }} request whether it changes anything, and may bring the cookie
     * @returns {Record<string, string>}
     */
    headers(token: string | null, { changes, takesCookie }: {
        changes: boolean;
        takesCookie: boolean;
    }): Record<string, string>;
}
