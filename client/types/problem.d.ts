/** @import { Problem } from "../api.d.ts" */
import type { Problem } from "../api.d.ts";
export type ProblemCode = Problem["code"] | "no-answer" | "not-the-service" | "event-too-large";
/**
 * What the service calls a problem, and three words of the client's own: `no-answer` (nothing came in time, or the network
 * failed), `not-the-service` (somebody on the way answered instead, such as a proxy with its own 502 page) and
 * `event-too-large` (a stream's event passed 32 Mi characters, so that the line was given up).
 *
 * @typedef {Problem["code"] | "no-answer" | "not-the-service" | "event-too-large"} ProblemCode
 */
/**
 * A failure, whatever its cause. `code` is what to decide by: see {@link isProblem}.
 */
export declare class ProblemError extends Error {
    /** @type {ProblemCode} */
    code: ProblemCode;
    /** The HTTP status; 0 when there was no answer. @type {number} */
    status: number;
    /** The same for every problem of this code. @type {string} */
    title: string;
    /** About this very case. @type {string} */
    detail: string;
    /** For the operators: their log has more under it. @type {string | null} */
    requestId: string | null;
    /** The gateway's own code, where it gave one. @type {string | null} */
    retcode: string | null;
    /** Each mistake of the request by its path; empty for everything but `invalid-request`. @type {{ path: string, message: string }[]} */
    errors: {
        path: string;
        message: string;
    }[];
    /** Milliseconds after which a later attempt makes sense, where the service said so. @type {number | null} */
    retryAfterMs: number | null;
    /** Of a control call: whether it may have been carried out. @type {"unknown" | "not-done" | null} */
    outcome: "unknown" | "not-done" | null;
    /** The whole body of the problem, with what is special to its code. @type {Readonly<Record<string, unknown>>} */
    body: Readonly<Record<string, unknown>>;
    /**
     * @param {{ code: ProblemCode, title: string }} problem its body, with whatever else that has
     * @param {{ status?: number, retryAfterMs?: number | null, cause?: unknown }} [about]
     */
    constructor(problem: {
        code: ProblemCode;
        title: string;
    }, { status, retryAfterMs, cause }?: {
        status?: number;
        retryAfterMs?: number | null;
        cause?: unknown;
    });
    /** Whether the session is over: only a new sign-in, or a new token, leads on. */
    get endsSession(): boolean;
    /** Whether it passes by itself, so that the same call may work a little later. */
    get passes(): boolean;
}
/**
 * Tells problems from mistakes in the program, and one code from the others:
 *
 * ```js
 * try { await client.signIn(credentials) } catch (error) {
 *   if (isProblem(error, "agent-already-signed-in")) …ask the user, then force
 *   else throw error;
 * }
 * ```
 *
 * @template {ProblemCode} [Code=ProblemCode]
 * @param {unknown} error
 * @param {...Code} codes any problem when left out
 * @returns {error is ProblemError & { code: Code }}
 */
export declare function isProblem<Code extends ProblemCode = ProblemCode>(error: unknown, ...codes: Code[]): error is ProblemError & {
    code: Code;
};
/**
 * @param {Response} response one that is not ok
 * @returns {Promise<ProblemError>}
 */
export declare function problemOf(response: Response): Promise<ProblemError>;
/**
 * @param {number} status
 * @param {number | null} [retryAfterMs]
 */
export declare const notTheService: (status: number, retryAfterMs?: number | null) => ProblemError;
/** @param {unknown} cause */
export declare const noAnswer: (cause: unknown) => ProblemError;
