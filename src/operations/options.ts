import type { AgentOperationRow } from "./row.ts";

/** Which of the agent's other operations are served. */
export interface AgentOperationOptions {
  /** The rows that `AGENT_OPERATIONS` names, by their names. */
  readonly served: ReadonlyMap<string, AgentOperationRow>;
}
