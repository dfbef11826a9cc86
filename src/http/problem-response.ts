import type { Request, Response } from "express";
import { catalogue, Problem, type ProblemMembers } from "../problems.ts";
import { challenge } from "./challenge.ts";
import type { HttpLog } from "./log.ts";
import { scopeOf } from "./request-scope.ts";

/** Where a site's retcode table has made a 503 or 429 of a problem that usually is none. */
const RETRY_SECONDS = 2;

/** The body of a failure, RFC 9457. */
interface ProblemBody extends ProblemMembers {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly retcode?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** What goes before `/problems/{code}` in a problem's `type`. */
export type ProblemTypes = string & { readonly types: never };

/** @param publicUrl where clients see the service; null: their `type` is relative, and theirs to resolve */
export const problemTypes = (publicUrl: string | null): ProblemTypes => (publicUrl ?? "") as ProblemTypes;

export function problemBody(problem: Problem, requestId: string, types: ProblemTypes): ProblemBody {
  return {
    type: `${types}/problems/${problem.code}`,
    title: catalogue[problem.code].title,
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    requestId,
    ...(problem.retcode === undefined ? {} : { retcode: problem.retcode }),
    ...problem.members,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
}

/** Whatever was thrown, as the problem that a client may see. What is not a problem is a mistake of ours. */
export function asProblem(error: unknown, requestId: string, log: Pick<HttpLog, "unexpected">): Problem {
  if (error instanceof Problem) {
    if (error.code === "internal-error") log.unexpected(requestId, error.cause ?? error);
    return error;
  }
  const refused = refusedByParser(error);
  if (refused !== null) return refused;
  log.unexpected(requestId, error);
  return new Problem("internal-error");
}

/** body-parser and the router throw errors with a `type` or a `status`; their texts quote input, so none is used. */
function refusedByParser(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const { type, status } = error as { type?: unknown; status?: unknown };
  switch (type) {
    case "entity.too.large":
      return new Problem("payload-too-large");
    case "encoding.unsupported":
    case "charset.unsupported":
      return new Problem("unsupported-media-type");
    case "entity.parse.failed":
      return new Problem("invalid-request", { errors: [{ path: "", message: "the body is not JSON" }] });
    case "entity.verify.failed":
      return new Problem("invalid-request", { errors: [{ path: "", message: "the body is not UTF-8" }] });
    case "request.aborted":
    case "request.size.invalid":
      return new Problem("invalid-request", { errors: [{ path: "", message: "the body is incomplete" }] });
  }
  return status === 400
    ? new Problem("invalid-request", { errors: [{ path: "path", message: "is not correctly encoded" }] })
    : null;
}

export function sendProblem(request: Request, response: Response, problem: Problem, types: ProblemTypes): void {
  const scope = scopeOf(request);
  scope.problem = problem;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(problem.status);
  response.setHeader("Content-Type", "application/problem+json; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  response.removeHeader("ETag");
  // Also where the token lacks a scope (RFC 6750, 3.1).
  if (problem.status === 401 || problem.code === "insufficient-scope") {
    response.setHeader("WWW-Authenticate", challenge(problem.code));
  }
  const retryAfter = problem.retryAfter ?? (problem.status === 503 || problem.status === 429 ? RETRY_SECONDS : null);
  if (retryAfter !== null && !response.hasHeader("Retry-After")) response.setHeader("Retry-After", String(retryAfter));
  response.end(JSON.stringify(problemBody(problem, scope.requestId, types)));
}
