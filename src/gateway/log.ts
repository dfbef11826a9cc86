import type { AgentId } from "./identifiers.ts";

/** The lines of this room. */
export interface GatewayLog {
  /** A Set-GUID that cannot be sent back. To be told as often as one comes. */
  guidIgnored(agentId: AgentId): void;
  /** One that the table does not have: each is told once. */
  unknownRetcode(retcode: string): void;
  /** A `100 Continue` came that nobody asked for: from now on every call takes the client that can read past it. Told once. */
  interimAnswers(): void;
}
