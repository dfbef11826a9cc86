import { catalogue, type Outcome, outcomeTold, Problem } from "../problems.ts";

/** Why there was no usable answer. */
export type FaultCode = "gateway-unreachable" | "gateway-bad-response" | "gateway-unavailable" | "gateway-timeout";

/**
 * What was behind a fault in one fixed word, `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `HTTP_404`, `NOT_JSON`: what a log may
 * say. Holds no request, no answer, no host.
 */
export class FaultCause extends Error {
  override readonly name: string = "FaultCause";
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

interface FaultOptions {
  /** In seconds. */
  readonly retryAfter?: number | undefined;
  readonly outcome?: Outcome | undefined;
}

/** There was no usable answer. Never ends a session. */
export class Fault extends Problem {
  override readonly name = "Fault";
  declare readonly code: FaultCode;
  declare readonly cause: FaultCause;

  constructor(code: FaultCode, cause: FaultCause | string, { retryAfter, outcome }: FaultOptions = {}) {
    const told = outcome && outcomeTold(`${catalogue[code].title}.`, outcome);
    super(code, { retryAfter, ...told, cause: typeof cause === "string" ? new FaultCause(cause) : cause });
  }

  /** The same, saying whether what was asked may have been carried out. */
  override told(outcome: Outcome): Fault {
    return new Fault(this.code, this.cause, { retryAfter: this.retryAfter, outcome });
  }
}

/** @param cause what is wrong, in a word; never a part of the answer. */
export const badResponse = (cause: string): Fault => new Fault("gateway-bad-response", cause);

/** A queue of this side is full, or the stay in it was too long. */
export const tooManyWaiting = (): Fault => new Fault("gateway-unavailable", "TOO_MANY_WAITING", { retryAfter: 1 });

/** How a servlet container answers for an interface that it does not have. */
const absentStatuses: readonly number[] = [404, 405, 500, 501];
const absentCodes: ReadonlySet<string> = new Set(absentStatuses.map((status) => `HTTP_${status}`));

/** Whether the status of an answer may mean that the interface is not there, where not every site has it. */
export const mayBeAbsent = (status: number): boolean => absentStatuses.includes(status);

export const isAbsentInterface = (fault: Fault): boolean => absentCodes.has(fault.cause.code);

const MAX_RETRY_AFTER_SECONDS = 60;

/** The fault in an answer's HTTP status; `null` for the statuses whose body is worth reading. */
export function statusFault(status: number, retryAfter: string | undefined): Fault | null {
  if (status >= 200 && status <= 299) return null;
  if (status !== 503) return badResponse(`HTTP_${status}`);
  const seconds = /^[0-9]{1,9}$/.test(retryAfter ?? "") ? Number(retryAfter) : 0;
  return new Fault(
    "gateway-unavailable",
    "HTTP_503",
    seconds > 0 ? { retryAfter: Math.min(seconds, MAX_RETRY_AFTER_SECONDS) } : {},
  );
}
