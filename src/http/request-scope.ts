import { randomBytes } from "node:crypto";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { Problem } from "../problems.ts";
import type { Claims } from "../tokens/claims.ts";
import type { Ending } from "./ending.ts";
import { strangeHost } from "./host-header.ts";
import type { Actor, HttpLog } from "./log.ts";
import type { HttpMetrics } from "./metrics.ts";
import type { RequestTrace, RequestTraces } from "./traces.ts";

/** What belongs to one request and to nothing else. */
interface RequestScope {
  /** The client's own, from `X-Request-Id`, or ours. */
  readonly requestId: string;
  /** Ours, where the client brought one: it may bring the same twice, and the audit trail has to tell requests apart. */
  readonly ownRequestId: string | undefined;
  readonly began: number;
  /** The pattern of the route that matched, for logs and metrics. */
  route: string;
  /** Whether its operation is one by which somebody signs in. */
  isSignIn: boolean;
  /** The path cannot be decoded. */
  malformedPath: boolean;
  problem: Problem | undefined;
  agentId: string | undefined;
  /** Of the token, once it is verified. */
  claims: Claims | null;
  /** A browser sends it by itself. */
  fromCookie: boolean;
  /** Aborted when the client leaves before its answer is complete. */
  leaving: AbortController | undefined;
  readonly trace: RequestTrace | undefined;
}

const ofRequest = Symbol("scope");

/** A field and not a WeakMap, which would be asked a dozen times for each request. */
type Scoped = Request & { [ofRequest]?: RequestScope };

export function scopeOf(request: Request): RequestScope {
  const scope = (request as Scoped)[ofRequest];
  if (scope === undefined) throw new Error("the request has no scope");
  return scope;
}

/** What may be taken over into a log, an answer and an audit line; also for schemas. */
export const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

const ofThisProcess = randomBytes(9).toString("base64url");
let counted = 0;

interface ScopeDeps {
  readonly log: HttpLog;
  readonly metrics: HttpMetrics;
  /** Of every answer. */
  readonly headers: Map<string, string>;
  readonly ending: Ending;
  /** Left out: nobody follows requests. */
  readonly traces?: RequestTraces | undefined;
}

/**
 * Gives each request its id and the headers of every answer, and writes one log line and one measurement when it is
 * over.
 */
export function requestScope({ log, metrics, headers, ending, traces }: ScopeDeps): RequestHandler {
  const scoped: RequestHandler = (request, response, next) => {
    const own = `${ofThisProcess}-${(++counted).toString(36)}`;
    const brought = request.headers["x-request-id"];
    const isTaken = brought !== undefined && REQUEST_ID.test(String(brought));
    const scope: RequestScope = {
      requestId: isTaken ? String(brought) : own,
      ownRequestId: isTaken ? own : undefined,
      began: performance.now(),
      route: "-",
      isSignIn: false,
      malformedPath: false,
      problem: undefined,
      agentId: undefined,
      claims: null,
      fromCookie: false,
      leaving: undefined,
      trace: traces?.begin(request.method, request.headers),
    };
    (request as Scoped)[ofRequest] = scope;
    response.setHeader("X-Request-Id", scope.requestId);
    response.setHeaders(headers);
    response.once("close", () => {
      const complete = response.writableFinished;
      if (!complete) scope.leaving?.abort();
      report(scope, request.method, complete ? response.statusCode : CLIENT_LEFT, log, metrics);
    });
    const strange = strangeHost(request);
    if (strange !== null) {
      // Where two messages are taken for one, what comes next on this connection is nobody's.
      response.setHeader("Connection", "close");
      next(strange);
    } else if (ending.closing)
      void ending.serves(request.socket).then((is) => (is ? next() : refuseLate(request, next)));
    else next();
  };
  if (traces === undefined) return scoped;
  return (request, response, next) =>
    scoped(request, response, (error?: unknown) => scopeOf(request).trace?.within(() => next(error)));
}

/** For the audit lines. */
export function actorOf(scope: RequestScope): Actor {
  const { requestId, ownRequestId, claims } = scope;
  const subject = claims?.subject ?? null;
  return ownRequestId === undefined ? { requestId, subject } : { requestId, ownRequestId, subject };
}

/** Its body is read to the end first: a connection that is closed with something unread is reset, answer and all. */
function refuseLate(request: Request, next: NextFunction): void {
  request.once("end", () => next(new Problem("instance-ending")));
  request.resume();
}

/** nginx's 499: the client closed the connection before the answer was written. */
const CLIENT_LEFT = 499;

function report(scope: RequestScope, method: string, status: number, log: HttpLog, metrics: HttpMetrics): void {
  const durationMs = Math.round((performance.now() - scope.began) * 100) / 100;
  const { requestId, route, isSignIn, problem, agentId, trace } = scope;
  const line = { requestId, method, route, status, durationMs, agentId, traceId: trace?.traceId };
  log.request(line, problem);
  trace?.end(line, problem);
  if (problem !== undefined) log.requestRefused(actorOf(scope), agentId, problem, isSignIn);
  metrics.requestDone(method, route, status, durationMs, problem?.code);
}

/** Aborted when the client leaves before its answer is complete. Made on demand: not every route can use it. */
export function leavingSignal(request: Request, response: Response): AbortSignal {
  const scope = scopeOf(request);
  scope.leaving ??= new AbortController();
  if (response.closed) scope.leaving.abort();
  return scope.leaving.signal;
}
