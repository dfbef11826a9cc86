import type { Problem } from "../problems.ts";

/** One request when it is over. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path: a path may hold a session id. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly agentId: string | undefined;
  /** Where traces are on. */
  readonly traceId?: string | undefined;
}

/** Who did something, for the audit lines. */
export interface Actor {
  readonly requestId: string;
  /** This service's own id of the request, where `requestId` is one that the client brought. */
  readonly ownRequestId?: string;
  readonly subject: string | null;
}

/** The lines of this room. */
export interface HttpLog {
  /** @param problem what it was answered with: its code, its retcode and the word for what was behind it are told */
  request(line: RequestLine, problem?: Problem): void;
  /** Beside its line as a request, when what was refused is a matter of the audit trail. */
  requestRefused(actor: Actor, agentId: string | undefined, problem: Problem, isSignIn: boolean): void;
  /** A mistake of ours. */
  unexpected(requestId: string, error: unknown): void;
}
