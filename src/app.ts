import express, { type ErrorRequestHandler, type Express } from "express";
import { describeApi } from "./api-description.ts";
import { boardOperations } from "./board/board.ts";
import { ConferenceLists } from "./conferences/conference-lists.ts";
import { ConferenceStream } from "./conferences/conference-stream.ts";
import { Chairing } from "./conferences/own/chairing.ts";
import { ownConferenceOperations } from "./conferences/own/conference-routes.ts";
import { Membership } from "./conferences/own/membership.ts";
import { participantOperations } from "./conferences/own/participant-routes.ts";
import { conferenceOperations } from "./conferences/routes.ts";
import type { Config } from "./config/index.ts";
import type { ConferenceControl } from "./gateway/index.ts";
import { crossOrigin } from "./http/cross-origin.ts";
import { withDocumentation } from "./http/documentation.ts";
import { Ending } from "./http/ending.ts";
import { healthOperations } from "./http/health.ts";
import { type CounterStore, Limits } from "./http/limits.ts";
import type { Metrics } from "./http/metrics.ts";
import { problemOperations } from "./http/problem-pages.ts";
import { asProblem, problemTypes, sendProblem } from "./http/problem-response.ts";
import { requestScope, scopeOf } from "./http/request-scope.ts";
import { refuseUnknownPath, route } from "./http/routing.ts";
import { securityHeaders } from "./http/security-headers.ts";
import type { Log } from "./log.ts";
import { rowOperations } from "./operations/routes.ts";
import {
  Authentication,
  agentOperations,
  SessionCookies,
  SessionEvents,
  SessionStreams,
  serviceOperations,
  sessionOperations,
} from "./sessions/api/index.ts";
import type { Sessions } from "./sessions/index.ts";
import type { TokenIssuer, TokenVerifier } from "./tokens/index.ts";

export interface AppDeps {
  readonly config: Config;
  readonly sessions: Sessions;
  /** What changes an agent's own conference at the gateway. */
  readonly control: ConferenceControl;
  readonly verifier: TokenVerifier;
  readonly issuer: TokenIssuer | null;
  readonly counters?: CounterStore | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface App {
  readonly express: Express;
  /** How far the instance is on its way out, to be told by who ends it. */
  readonly ending: Ending;
  /** Ends every open stream, telling its client to come back. */
  endStreams(): void;
}

/** The whole service but its socket. Everything from outside comes in through `deps`. */
export function createApp(deps: AppDeps): App {
  const { config, sessions, verifier, issuer, metrics, log } = deps;
  const ending = new Ending();
  const types = problemTypes(config.http.publicUrl);

  const limits = new Limits(config.http, deps.counters);
  const cookies = new SessionCookies({
    sealer: sessions.sealer,
    now: Date.now,
    latestEnd: (session) => sessions.latestEnd(session),
  });
  const authentication = new Authentication({
    cookies,
    verifier,
    config: config.tokens,
    sites: {
      listed: config.http.corsOrigins,
      publicOrigin: config.http.publicUrl === null ? null : new URL(config.http.publicUrl).origin,
    },
    limits,
  });
  const streams = new SessionStreams({ sessions, idleMs: config.sessions.idleMs, now: Date.now });
  const lists = new ConferenceLists({
    sessions,
    config: config.conferences,
    gatewayTimeoutMs: config.gateway.timeoutMs,
  });
  const { streamIntervalMs: intervalMs, sharing } = config.conferences;
  const stream = new ConferenceStream({ lists, sessions, intervalMs, sharing, types });
  const events = new SessionEvents(sessions);
  const { timeoutMs: gatewayTimeoutMs } = config.gateway;
  const { holdAnnouncement } = config.conferences;
  const membership = new Membership({ sessions, control: deps.control, gatewayTimeoutMs });
  const chairing = new Chairing({ sessions, control: deps.control, gatewayTimeoutMs, holdAnnouncement });
  metrics.watch({
    agentsPolled: () => sessions.agentsPolled,
    oldestPollAgeMs: () => sessions.polled.oldestPollAgeMs,
    sessions: () => sessions.polled.states,
    sharedQuestions: () => lists.sharedQuestions,
    openStreams: () => streams.size,
    keySetAgeSeconds: () => (verifier.keySetAgeMs() ?? 0) / 1_000,
  });

  const { maxAgentId } = config.gateway;
  const own = { sessions, membership, chairing, maxAgentId, publicUrl: config.http.publicUrl };
  const undocumented = [
    ...conferenceOperations({ sessions, lists, stream, streams }),
    ...ownConferenceOperations(own),
    ...participantOperations(own),
    ...sessionOperations({ sessions, events, streams, authentication, cookies, limits, issuer, maxAgentId }),
    ...rowOperations({
      served: config.operations.served,
      sessions,
      log,
      maxAgentId,
      gatewayTimeoutMs: config.gateway.timeoutMs,
    }),
    ...serviceOperations({ sessions, maxAgentId, boundIssuer: config.tokens.app === null ? "own" : "app" }),
    ...agentOperations({ sessions, maxAgentId }),
    ...healthOperations({
      checks: [...sessions.checks, verifier.keysCheck],
      metrics,
      ending,
      servesMetrics: config.http.metricsPort === null,
    }),
    ...problemOperations(config.gateway.retcodes),
    ...(config.board ? boardOperations({ signsIn: issuer !== null }) : []),
  ];
  const operations = withDocumentation(undocumented, describeApi(config));

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);
  app.set("trust proxy", config.http.trustProxy.length === 0 ? false : [...config.http.trustProxy]);
  app.use(requestScope({ log, metrics, headers: securityHeaders(apiHeaders), ending }));
  if (config.http.corsOrigins.length > 0) app.use(crossOrigin(config.http.corsOrigins));
  route(app, operations, authentication.guards);
  app.use(refuseUnknownPath);
  const answerProblem: ErrorRequestHandler = (error, request, response, _next) => {
    if (response.closed) return;
    sendProblem(request, response, asProblem(error, scopeOf(request).requestId, log), types);
  };
  app.use(answerProblem);

  return {
    express: app,
    ending,
    endStreams: () => {
      stream.close();
      streams.close();
    },
  };
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
