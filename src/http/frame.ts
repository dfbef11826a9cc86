import express, { type ErrorRequestHandler, type Express } from "express";
import type { Ending } from "./ending.ts";
import type { HttpLog } from "./log.ts";
import type { HttpMetrics } from "./metrics.ts";
import { asProblem, type ProblemTypes, sendProblem } from "./problem-response.ts";
import { requestScope, scopeOf } from "./request-scope.ts";
import { refuseUnknownPath } from "./routing.ts";
import { securityHeaders } from "./security-headers.ts";
import type { RequestTraces } from "./traces.ts";

interface Deps {
  readonly log: HttpLog;
  readonly metrics: HttpMetrics;
  readonly ending: Ending;
  readonly types: ProblemTypes;
  /** Left out: nobody follows requests. */
  readonly traces?: RequestTraces | undefined;
}

/**
 * What all ports have in common: the headers of each answer, its line and its measurement, and a problem for whatever goes
 * wrong and for whatever is not there.
 *
 * @param within puts the routes in
 */
export function framedApp({ log, metrics, ending, types, traces }: Deps, within: (app: Express) => void): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);
  app.use(requestScope({ log, metrics, headers: securityHeaders(apiHeaders), ending, traces }));
  within(app);
  app.use(refuseUnknownPath);
  const answerProblem: ErrorRequestHandler = (error, request, response, _next) => {
    if (response.closed) return;
    sendProblem(request, response, asProblem(error, scopeOf(request).requestId, log), types);
  };
  app.use(answerProblem);
  return app;
}

/** An API answers no documents, so nothing may be loaded, framed or sniffed from it. */
const apiHeaders: Parameters<typeof securityHeaders>[0] = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
  },
  frameguard: { action: "deny" },
  referrerPolicy: { policy: "no-referrer" },
  crossOriginResourcePolicy: { policy: "same-origin" },
};
