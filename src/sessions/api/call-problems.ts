import type { ProblemCode } from "../../problems.ts";

/** How any call to the gateway may fail, whatever it asks. */
export const gatewayProblems: readonly ProblemCode[] = [
  "gateway-error",
  "gateway-unreachable",
  "gateway-bad-response",
  "gateway-switching-over",
  "gateway-unavailable",
  "gateway-timeout",
];

/** How a call that is made with the Guid of the token's session may fail: that one may be gone, or not be found out. */
export const boundCallProblems: readonly ProblemCode[] = [
  "session-not-found",
  "session-expired",
  "agent-not-signed-in",
  ...gatewayProblems,
  "session-store-unavailable",
];
