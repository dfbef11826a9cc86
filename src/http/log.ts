import type { ProblemCode } from "../problems.ts";

/** One request when it is over. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path: a path may hold a session id. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly problem: ProblemCode | undefined;
  readonly retcode: string | undefined;
  readonly agentId: string | undefined;
}

/** Who did something, for the audit lines. */
export interface Actor {
  readonly requestId: string;
  readonly subject: string | null;
}

/** The lines of this room. */
export interface HttpLog {
  request(line: RequestLine): void;
  /** Beside its line as a request, when what was refused is a matter of the audit trail. */
  requestRefused(actor: Actor, agentId: string | undefined, problem: ProblemCode, isSignIn: boolean): void;
  /** A mistake of ours. */
  unexpected(requestId: string, error: unknown): void;
}
