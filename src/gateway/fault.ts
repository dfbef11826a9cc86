import { Fault } from "./refusal.ts";

/**
 * How an HTTP exchange ended without a complete answer.
 * `unreached`: before the head of an answer. `not-http`: something answered, but not in HTTP. `cut-off`: between the head
 * and the end of the body. `too-large`: the body passed the limit. `timeout`: the time for the exchange was over.
 */
export type FailureKind = "unreached" | "not-http" | "cut-off" | "too-large" | "timeout";

/** Inside the gateway client only; a {@link Fault} is what leaves it. Holds no request and no response. */
export class TransportFailure extends Error {
  override readonly name = "TransportFailure";
  readonly kind: FailureKind;
  /** Node's or undici's code, `ECONNREFUSED`, `UND_ERR_HEADERS_OVERFLOW`. */
  readonly code: string;

  constructor(kind: FailureKind, code: string) {
    super(`${kind}: ${code}`);
    this.kind = kind;
    this.code = code;
  }
}

/** A keep-alive socket that the gateway had closed already ends so, and a gateway that dies over a request. */
const resetCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** Whether the exchange ended in a reset before any answer, so that a read may be replayed. */
export const isReset = (failure: TransportFailure): boolean =>
  failure.kind === "unreached" && resetCodes.has(failure.code);

export function faultOf(failure: TransportFailure): Fault {
  switch (failure.kind) {
    case "timeout":
      return new Fault("gateway-timeout", { cause: failure.code });
    case "not-http":
    case "cut-off":
    case "too-large":
      return new Fault("gateway-bad-response", { cause: failure.code });
    case "unreached":
      return new Fault("gateway-unreachable", { cause: failure.code });
  }
}

const MAX_RETRY_AFTER_SECONDS = 60;

/** The fault in an answer's HTTP status; `null` for the statuses whose body is worth reading. */
export function statusFault(status: number, retryAfter: string | undefined): Fault | null {
  if (status >= 200 && status <= 299) return null;
  if (status !== 503) return new Fault("gateway-bad-response", { cause: `HTTP_${status}` });
  const seconds = /^[0-9]{1,9}$/.test(retryAfter ?? "") ? Number(retryAfter) : 0;
  return new Fault("gateway-unavailable", {
    cause: "HTTP_503",
    ...(seconds > 0 && { retryAfter: Math.min(seconds, MAX_RETRY_AFTER_SECONDS) }),
  });
}
