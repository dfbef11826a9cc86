import type { Express } from "express";
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
import { gaugeService } from "./gauges.ts";
import { crossOrigin } from "./http/cross-origin.ts";
import { withDocumentation } from "./http/documentation.ts";
import { Ending } from "./http/ending.ts";
import { framedApp } from "./http/frame.ts";
import { healthOperations } from "./http/health.ts";
import { type CounterStore, Limits } from "./http/limits.ts";
import type { Metrics } from "./http/metrics.ts";
import { problemOperations } from "./http/problem-pages.ts";
import { problemTypes } from "./http/problem-response.ts";
import { route } from "./http/routing.ts";
import type { RequestTraces } from "./http/traces.ts";
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
import type { Chance, Sessions, SessionTraces } from "./sessions/index.ts";
import { systemChance } from "./system-clock.ts";
import type { TokenIssuer, TokenVerifier } from "./tokens/index.ts";

interface AppDeps {
  readonly config: Config;
  readonly sessions: Sessions;
  /** What changes an agent's own conference at the gateway. */
  readonly control: ConferenceControl;
  readonly verifier: TokenVerifier;
  readonly issuer: TokenIssuer | null;
  readonly counters?: CounterStore | undefined;
  readonly metrics: Metrics;
  /** Null: nobody follows what happens. */
  readonly tracing?: { readonly requests: RequestTraces; readonly sessions: SessionTraces } | null;
  readonly log: Log;
  /** Epoch milliseconds, by which tokens are judged. The machine's when left out. */
  readonly now?: () => number;
  /** So that clients whose streams end at one moment do not all come back at one. The machine's when left out. */
  readonly chance?: Pick<Chance, "random">;
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
  const {
    config,
    sessions,
    verifier,
    issuer,
    metrics,
    log,
    tracing = null,
    now = Date.now,
    chance = systemChance,
  } = deps;
  const { timeoutMs: gatewayTimeoutMs, maxAgentId } = config.gateway;
  const ending = new Ending();
  const types = problemTypes(config.http.publicUrl);

  const limits = new Limits(config.http, deps.counters);
  const cookies = new SessionCookies({
    sealer: sessions.sealer,
    now,
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
  const streams = new SessionStreams({ sessions, idleMs: config.sessions.idleMs, now, chance });
  const lists = new ConferenceLists({ sessions, config: config.conferences, gatewayTimeoutMs });
  const { streamIntervalMs: intervalMs, sharing } = config.conferences;
  const stream = new ConferenceStream({ lists, sessions, intervalMs, sharing, types });
  const events = new SessionEvents(sessions, tracing?.sessions);
  const { holdAnnouncement } = config.conferences;
  const membership = new Membership({ sessions, control: deps.control, gatewayTimeoutMs });
  const chairing = new Chairing({ sessions, control: deps.control, gatewayTimeoutMs, holdAnnouncement });
  gaugeService(metrics.registry, {
    agentsPolled: () => sessions.agentsPolled,
    oldestPollAgeMs: () => sessions.polled.oldestPollAgeMs,
    sessions: () => sessions.polled.states,
    sharedQuestions: () => lists.sharedQuestions,
    openStreams: () => streams.size,
    keySetAgeSeconds: () => (verifier.keySetAgeMs() ?? 0) / 1_000,
  });

  const own = { sessions, membership, chairing, maxAgentId, publicUrl: config.http.publicUrl };
  const undocumented = [
    ...conferenceOperations({ sessions, lists, stream, streams }),
    ...ownConferenceOperations(own),
    ...participantOperations(own),
    ...sessionOperations({ sessions, events, streams, authentication, cookies, limits, issuer, maxAgentId }),
    ...rowOperations({ served: config.operations.served, sessions, log, maxAgentId, gatewayTimeoutMs }),
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

  const app = framedApp({ log, metrics, ending, types, traces: tracing?.requests }, (framed) => {
    framed.set("trust proxy", config.http.trustProxy.length === 0 ? false : [...config.http.trustProxy]);
    if (config.http.corsOrigins.length > 0) framed.use(crossOrigin(config.http.corsOrigins));
    route(framed, operations, authentication.guards);
  });

  return {
    express: app,
    ending,
    endStreams: () => {
      stream.close();
      streams.close();
    },
  };
}
