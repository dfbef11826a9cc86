import type { AgentId } from "../gateway/index.ts";
import type { Actor } from "../http/log.ts";
import type { Outcome } from "../problems.ts";
import type { FieldValues } from "./fields.ts";

/** One of the agent's operations that was asked of the gateway. */
export interface AgentOperationLine {
  readonly operation: string;
  readonly agentId: AgentId;
  readonly outcome: "done" | Outcome;
  readonly retcode: string | undefined;
  /** Those fields whose row says that they are audited, never the others. */
  readonly fields: FieldValues;
}

/** The lines of this room. */
export interface AgentOperationLog {
  /** Audit: of everything but what only reads. */
  agentOperation(line: AgentOperationLine, actor: Actor): void;
}
