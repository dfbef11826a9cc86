import { type CatalogueEntry, catalogue, type ProblemCode } from "./problems/catalogue.ts";

export { catalogue, isProblemCode, type ProblemCode, problemCodes } from "./problems/catalogue.ts";

/** One mistake in a request: where it is (`agentId`, `query.expand`) and what is wrong. Never holds the value. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** What became of a change that is sent once and failed: nobody can know, or nothing was done. */
export type Outcome = "unknown" | "not-done";

/** What some problems say beside the members of every problem (extension members of RFC 9457, section 3.2). */
export interface ProblemMembers {
  /** Which check of `/readyz` fails. */
  readonly check?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** The platform's own number for why it refused a conference. */
  readonly cause?: number | undefined;
}

interface ProblemOptions {
  /** Replaces the title as the sentence about this very case. Never a secret, a host or a stack. */
  readonly detail?: string | undefined;
  /** The gateway's code, where the gateway gave one. */
  readonly retcode?: string | undefined;
  /** Overrides the catalogue's `Retry-After`, in seconds. */
  readonly retryAfter?: number | undefined;
  /** Overrides the catalogue's HTTP status (a site's retcode row may do so). */
  readonly status?: number | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly members?: ProblemMembers | undefined;
  /** For the log only. */
  readonly cause?: unknown;
}

const outcomeTexts: Readonly<Record<Outcome, string>> = {
  unknown: "Whether it was carried out is not known.",
  "not-done": "Nothing was done.",
};

/** What a problem says, beside what it says anyway, of a change that is sent once. */
export function outcomeTold(detail: string, outcome: Outcome): { detail: string; members: ProblemMembers } {
  return { detail: `${detail} ${outcomeTexts[outcome]}`, members: { outcome } };
}

/** The one error that crosses layers: whatever a client is told is one of these. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string;
  readonly retcode: string | undefined;
  readonly retryAfter: number | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly members: ProblemMembers | undefined;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    const entry: CatalogueEntry = catalogue[code];
    super(
      `${code}: ${options.detail ?? entry.title}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = options.status ?? entry.status;
    this.detail = options.detail ?? `${entry.title}.`;
    this.retcode = options.retcode;
    this.retryAfter = options.retryAfter ?? entry.retryAfter;
    this.errors = options.errors;
    this.members = options.members;
  }

  /** The same, saying whether the change that was asked for may have been carried out. */
  told(outcome: Outcome): Problem {
    const { detail, members } = outcomeTold(this.detail, outcome);
    return new Problem(this.code, { ...this, cause: this.cause, detail, members: { ...this.members, ...members } });
  }
}
