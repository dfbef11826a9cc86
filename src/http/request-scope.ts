import { randomBytes } from "node:crypto";
import type { NextFunction, Request, Response } from "express";
import type { Log } from "../log.ts";
import type { Problem } from "../problems.ts";
import type { HttpMetrics } from "./metrics.ts";

/** What belongs to one request and to nothing else. */
export interface RequestScope {
  readonly requestId: string;
  readonly began: number;
  /** The pattern of the route that matched, for logs and metrics. */
  route: string;
  problem: Problem | undefined;
  agentId: string | undefined;
  /** Of the token, once it is verified. */
  subject: string | undefined;
}

const scopes = new WeakMap<Request, RequestScope>();

export function scopeOf(request: Request): RequestScope {
  const scope = scopes.get(request);
  if (scope === undefined) throw new Error("the request has no scope");
  return scope;
}

const process128 = randomBytes(9).toString("base64url");
let counted = 0;

/** Gives each request its id, and writes one log line and one measurement when it is over. */
export function requestScope(log: Log, metrics: HttpMetrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const scope: RequestScope = {
      requestId: `${process128}-${(++counted).toString(36)}`,
      began: performance.now(),
      route: "-",
      problem: undefined,
      agentId: undefined,
      subject: undefined,
    };
    scopes.set(request, scope);
    response.setHeader("X-Request-Id", scope.requestId);
    response.once("close", () => {
      const durationMs = Math.round((performance.now() - scope.began) * 100) / 100;
      // nginx's 499: the client closed the connection before the answer was written.
      const status = response.writableFinished ? response.statusCode : 499;
      const { requestId, route, problem, agentId, subject = null } = scope;
      const { method } = request;
      log.request({
        requestId,
        method,
        route,
        status,
        durationMs,
        problem: problem?.code,
        retcode: problem?.retcode,
        agentId,
      });
      if (problem !== undefined) {
        log.requestRefused({ requestId, subject }, agentId, problem.code, method === "POST" && route === "/session");
      }
      metrics.requestDone(method, route, status, durationMs, problem?.code);
    });
    next();
  };
}

const signals = new WeakMap<Response, AbortSignal>();

/** Aborted when the client leaves before its answer is complete. Made on demand: not every route can use it. */
export function leavingSignal(response: Response): AbortSignal {
  const known = signals.get(response);
  if (known !== undefined) return known;
  const controller = new AbortController();
  signals.set(response, controller.signal);
  if (response.closed) controller.abort();
  else {
    response.once("close", () => {
      if (!response.writableFinished) controller.abort();
    });
  }
  return controller.signal;
}
