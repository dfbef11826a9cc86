import type { FaultCode } from "./fault.ts";

/** What is asked of the gateway, as a metric's label. */
export type CallName =
  | "sign-in"
  | "sign-out"
  | "poll-event"
  | "conference-ids"
  | "conference-details"
  | "is-inspector"
  | "agent-status"
  | "conference-control"
  | "agent-operation";

/** One HTTP exchange with its time in the queue, or one that the breaker or the full queue did not let go. */
export interface ObservedCall {
  readonly operation: CallName;
  /** `left`: nobody waited for the answer any more. */
  readonly outcome: "ok" | "refused" | "left" | FaultCode;
  /** The refusal's code, `unknown` for one that is not in the table (so that a label stays bounded); else `null`. */
  readonly retcode: string | null;
  /** The word for what was behind a fault; else `null`. */
  readonly cause: string | null;
  readonly durationMs: number;
}

/** One call that is followed from its beginning. */
export interface CallTrace {
  /** What it carries beside its own header fields; undefined: nothing. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  end(call: ObservedCall): void;
}

/** Where metrics and traces hook in. A method must neither throw nor wait. */
export interface GatewayObserver {
  /** Left out: calls are not followed. */
  onBegin?(operation: CallName): CallTrace;
  onCall(call: ObservedCall): void;
  onBreaker(state: "open" | "closed"): void;
  /** An answer has brought another Guid than the one that its call carried. */
  onRotation(): void;
}

export const silentObserver: GatewayObserver = { onCall() {}, onBreaker() {}, onRotation() {} };
