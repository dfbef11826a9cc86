/** Which of the agent's other operations are served. */
export interface OperationOptions {
  /** Names of rows; `all` stands for every row but those of `qualitycontrol`, each of which has to be named. */
  readonly named: readonly string[];
}
