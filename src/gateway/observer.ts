import type { FaultCode } from "./fault.ts";
import type { AgentId } from "./identifiers.ts";

/** What is asked of the gateway, as a metric's label. */
export type Operation =
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
  readonly operation: Operation;
  /** `left`: nobody waited for the answer any more. */
  readonly outcome: "ok" | "refused" | "left" | FaultCode;
  /** The refusal's code, `unknown` for one that is not in the table (so that a label stays bounded); else `null`. */
  readonly retcode: string | null;
  /** The word for what was behind a fault; else `null`. */
  readonly cause: string | null;
  readonly durationMs: number;
}

/** Where the metrics hook in. A method must neither throw nor wait. */
export interface GatewayObserver {
  onCall(call: ObservedCall): void;
  /** A retcode that the table does not have, each time. */
  onUnknownRetcode(): void;
  onBreaker(state: "open" | "closed"): void;
  /** An answer has brought another Guid than the one that its call carried. */
  onRotation(): void;
}

/** The lines of this room. */
export interface GatewayLog {
  /** A Set-GUID that cannot be sent back: told once. */
  guidIgnored(agentId: AgentId): void;
  /** One that the table does not have: each is told once. */
  unknownRetcode(retcode: string): void;
  /** A `100 Continue` came that nobody asked for: from now on every call takes the client that can read past it. Told once. */
  interimAnswers(): void;
}

export const silentObserver: GatewayObserver = { onCall() {}, onUnknownRetcode() {}, onBreaker() {}, onRotation() {} };
