import type { Outcome } from "../problems.ts";
import { Fault } from "./fault.ts";
import { Refusal } from "./refusal.ts";
import { faultOf, TransportFailure } from "./transport/failure.ts";

/**
 * The same failure, saying whether the change may have been carried out: what never left this machine, or what the
 * gateway refused with a code of its own, was not; of anything else nobody can know.
 */
export function withOutcome(error: unknown): unknown {
  if (error instanceof Refusal) return error.told(outcomeOfRefusal(error));
  if (error instanceof TransportFailure) return faultOf(error).told(error.sent ? "unknown" : "not-done");
  return error instanceof Fault ? error.told(outcomeOfFault(error)) : error;
}

/** A fault of the platform's own, and a code that nobody knows, may have come after the deed. */
const outcomeOfRefusal = ({ code }: Refusal): Outcome => (code === "gateway-error" ? "unknown" : "not-done");

/** Not asked at all, or asked of somebody who does not have the interface. */
const notDone = /^(?:BREAKER_OPEN|TOO_MANY_WAITING|HTTP_4(?!08)[0-9]{2})$/;

const outcomeOfFault = ({ cause }: Fault): Outcome => (notDone.test(cause.code) ? "not-done" : "unknown");
