import type { OperationRow } from "./row.ts";

/** Which of the agent's other operations are served. */
export interface OperationOptions {
  /** The rows that `AGENT_OPERATIONS` names, by their names. */
  readonly served: ReadonlyMap<string, OperationRow>;
}
