import { catalogue, type Outcome, outcomeTold, Problem, type ProblemCode } from "../problems.ts";

/**
 * What a retcode says about the session that it answers:
 * `none`: nothing. `guid-refused`: the Guid is wrong or old, which is no verdict yet (000-003).
 * `session-over`: the gateway wants a new sign-in (105-005 to 105-007). `signed-out`: the agent is out (100-006, 100-008).
 */
export const sessionEffects = ["none", "guid-refused", "session-over", "signed-out"] as const;
export type SessionEffect = (typeof sessionEffects)[number];

/** One row of the retcode table, `config/retcodes.json`. */
export interface RetcodeRow {
  readonly status: number;
  readonly problem: ProblemCode;
  readonly effect: SessionEffect;
  /** Whether a read may be tried once more. */
  readonly retry: boolean;
}

/** The gateway answered, and said no. */
export class Refusal extends Problem {
  override readonly name = "Refusal";
  readonly effect: SessionEffect;
  readonly retry: boolean;
  declare readonly retcode: string;
  readonly #row: RetcodeRow;

  constructor(retcode: string, row: RetcodeRow, outcome?: Outcome) {
    const told = outcome && outcomeTold(`${catalogue[row.problem].title}.`, outcome);
    super(row.problem, { retcode, status: row.status, ...told });
    this.effect = row.effect;
    this.retry = row.retry;
    this.#row = row;
  }

  /** The same, saying whether what was asked may have been carried out. */
  override told(outcome: Outcome): Refusal {
    return new Refusal(this.retcode, this.#row, outcome);
  }
}
