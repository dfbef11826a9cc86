/** @import { Problem } from "./api.d.ts" */

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
export class ProblemError extends Error {
  /** @type {ProblemCode} */
  code;
  /** The HTTP status; 0 when there was no answer. @type {number} */
  status;
  /** The same for every problem of this code. @type {string} */
  title;
  /** About this very case. @type {string} */
  detail;
  /** For the operators: their log has more under it. @type {string | null} */
  requestId;
  /** The gateway's own code, where it gave one. @type {string | null} */
  retcode;
  /** Each mistake of the request by its path; empty for everything but `invalid-request`. @type {{ path: string, message: string }[]} */
  errors;
  /** Milliseconds after which a later attempt makes sense, where the service said so. @type {number | null} */
  retryAfterMs;
  /** Of a control call: whether it may have been carried out. @type {"unknown" | "not-done" | null} */
  outcome;
  /** The whole body of the problem, with what is special to its code. @type {Readonly<Record<string, unknown>>} */
  body;

  /**
   * @param {{ code: ProblemCode, title: string }} problem its body, with whatever else that has
   * @param {{ status?: number, retryAfterMs?: number | null, cause?: unknown }} [about]
   */
  constructor(problem, { status = 0, retryAfterMs = null, cause } = {}) {
    const body = /** @type {{ code: ProblemCode, title: string } & Record<string, unknown>} */ (problem);
    super(text(body.detail) ?? body.title, cause === undefined ? undefined : { cause });
    this.name = "ProblemError";
    this.code = body.code;
    this.status = status;
    this.title = body.title;
    this.detail = text(body.detail) ?? "";
    this.requestId = text(body.requestId);
    this.retcode = text(body.retcode);
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.retryAfterMs = retryAfterMs;
    this.outcome = body.outcome === "unknown" || body.outcome === "not-done" ? body.outcome : null;
    this.body = body;
  }

  /** Whether the session is over: only a new sign-in, or a new token, leads on. */
  get endsSession() {
    return ENDING.includes(this.code);
  }

  /** Whether it passes by itself, so that the same call may work a little later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === "event-too-large";
  }
}

/** @type {readonly ProblemCode[]} */
const ENDING = [
  "token-missing",
  "token-invalid",
  "token-expired",
  "session-not-found",
  "session-expired",
  "agent-not-signed-in",
];

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : null);

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
export function isProblem(error, ...codes) {
  return (
    error instanceof ProblemError && (codes.length === 0 || /** @type {ProblemCode[]} */ (codes).includes(error.code))
  );
}

/**
 * @param {Response} response one that is not ok
 * @returns {Promise<ProblemError>}
 */
export async function problemOf(response) {
  const { status, headers } = response;
  const about = { status, retryAfterMs: retryAfterOf(headers) };
  const body = await response.json().catch(() => null);
  if (typeof body?.code === "string" && typeof body.title === "string") return new ProblemError(body, about);
  return notTheService(status, about.retryAfterMs);
}

/**
 * @param {number} status
 * @param {number | null} [retryAfterMs]
 */
export const notTheService = (status, retryAfterMs = null) =>
  new ProblemError(
    { code: "not-the-service", title: `The service is not available (${status})` },
    { status, retryAfterMs },
  );

/** @param {unknown} cause */
export const noAnswer = (cause) =>
  new ProblemError({ code: "no-answer", title: "The service does not answer" }, { cause });

/** Seconds, as the service says it; a proxy may say a date, by its own clock. @param {Headers} headers */
function retryAfterOf(headers) {
  const value = headers.get("Retry-After");
  if (value === null) return null;
  // A page on another origin is not shown the answer's date.
  const now = Date.parse(headers.get("Date") ?? "") || Date.now();
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
