import type { Server } from "node:http";
import { createApp } from "./app.ts";
import { hostOf } from "./banner.ts";
import type { Config } from "./config/index.ts";
import { drain } from "./draining.ts";
import { createGateway, openTrustedFetch, type SetUpFault } from "./gateway/index.ts";
import { gaugeGateway } from "./gauges.ts";
import { Ending } from "./http/ending.ts";
import { framedApp } from "./http/frame.ts";
import { metricsOperation } from "./http/health.ts";
import { Metrics } from "./http/metrics.ts";
import { problemTypes } from "./http/problem-response.ts";
import { route } from "./http/routing.ts";
import { connectionLimits, createHttpServer, listen, tryAddress } from "./http/server.ts";
import { sharedCounters } from "./http/shared-counters.ts";
import type { Log } from "./log.ts";
import { Measuring } from "./measuring.ts";
import { ownSecretsOf, refuseMistakenSecrets } from "./own-secret.ts";
import { type Clock, measuredStore, openStore, Sessions, storeMethods, storeName } from "./sessions/index.ts";
import { systemChance, systemClock } from "./system-clock.ts";
import { createTokenIssuer, createTokenVerifier, jsonWebToken } from "./tokens/index.ts";
import { openTracing } from "./tracing/tracing.ts";

/** A running service. */
export interface Service {
  readonly url: string;
  /** Where metrics are served, when they have a port of their own. */
  readonly metricsUrl: string | null;
  /** As `GET /agents` calls it. */
  readonly instance: string;
  /** Reads what the first request is going to need, so that it does not wait for it. Takes a moment, in which nothing else goes on. */
  readAhead(): Promise<void>;
  /** What is wrong with the gateway's set-up; null: nothing. One look, which may take as long as an operation. */
  lookAtGateway(): Promise<SetUpFault | null>;
  /** Drains: takes nothing new, answers what is under way, lets go of its agents, closes what it opened. */
  close(): Promise<void>;
}

/**
 * Builds the service from its configuration and listens. What is opened is closed again in reverse order, also when a
 * later step fails.
 *
 * @param clock by which sessions, tokens, gateway and store live, and the service ends
 */
export async function startService(config: Config, log: Log, clock: Clock = systemClock): Promise<Service> {
  const opened: { readonly what: string; close(): Promise<void> | void }[] = [];
  const closeAll = async (): Promise<void> => {
    for (const { what, close } of opened.splice(0).reverse()) {
      try {
        await close();
      } catch {
        log.notDrained(what);
      }
    }
  };
  log.dependsOn({ gateway: hostOf(config.gateway.url), store: storeName(config.store) });
  try {
    const now = clock.wall;
    const metrics = new Metrics();
    const { host, metricsPort, port, shutdownGraceMs, drainLeadMs, clientIdleMs } = config.http;
    // Before anything is written: a start that fails leaves nothing behind.
    await tryAddress(host, port);
    if (metricsPort !== null) await tryAddress(host, metricsPort);
    refuseMistakenSecrets(config.tokens);
    const bareStore = await openStore(config.store, {
      clock,
      chance: systemChance,
      eventsKept: config.sessions.eventsKept,
      unreadableKeptMs: config.sessions.maxMs,
      onCorrupt: (record) => log.corruptRecord(record),
      notices: {
        connection: (which, fault) => log.storeConnection(which, fault),
        doubtful: (sentence) => log.configurationWarning(sentence),
      },
    });
    const tracing = await openTracing({ toGateway: config.gateway.traceparent });
    const measuring = new Measuring({
      registry: metrics.registry,
      retcodes: config.gateway.retcodes,
      storeMethods: storeMethods(bareStore),
    });
    log.countWith(measuring);
    const store = measuredStore(bareStore, clock, (call) => measuring.storeCall(call), tracing?.store.follow);
    opened.push({ what: "session store", close: () => store.close() });
    const own = ownSecretsOf(config.tokens);
    const { secrets: ownSecrets } = own;
    const tokens = { ...config.tokens, ownSecrets };
    const issuerKeys = tokens.app?.keys;
    const issuerFetch = issuerKeys?.kind === "jwks" ? openTrustedFetch({ ...issuerKeys, client: null }) : null;
    if (issuerFetch !== null) opened.push({ what: "connections to the token issuer", close: issuerFetch.close });
    const verifier = createTokenVerifier(tokens, {
      now,
      monotonic: () => clock.monotonic(),
      log,
      ...(issuerFetch && { fetchKeySet: issuerFetch.fetch }),
    });
    opened.push({ what: "token verifier", close: () => verifier.close() });
    const issuer = ownSecrets === null ? null : createTokenIssuer(ownSecrets[0], { now });
    const gateway = createGateway(config.gateway, {
      log,
      clock,
      random: systemChance.random,
      observer: {
        onCall: (call) => {
          measuring.gatewayCall(call);
          log.gatewayCall(call);
        },
        onBreaker: (state) => {
          log.breaker(state);
          measuring.breaker(state);
        },
        onRotation: () => measuring.rotated(),
        ...(tracing && { onBegin: (operation) => tracing.gateway.begin(operation) }),
      },
    });
    opened.push({ what: "gateway client", close: () => gateway.close() });
    gaugeGateway(metrics.registry, () => gateway.load());
    const sessions = new Sessions({
      store,
      gateway,
      config: config.sessions,
      gatewayTimeoutMs: config.gateway.timeoutMs,
      log,
      clock,
      chance: systemChance,
      traces: tracing?.sessions ?? null,
    });
    const app = createApp({
      config: { ...config, tokens },
      sessions,
      control: gateway,
      verifier,
      issuer,
      counters: store.sendCommand && (await sharedCounters(store.sendCommand.bind(store), config.store.prefix)),
      metrics,
      tracing,
      log,
      now,
      chance: systemChance,
    });

    const servers: Server[] = [];
    const open = async (server: Server, port: number): Promise<string> => {
      const url = await listen(server, host, port);
      servers.push(server);
      return url;
    };
    opened.push({
      what: "requests under way",
      close: () => drain({ app, sessions, servers, clock, graceMs: shutdownGraceMs, leadMs: drainLeadMs }),
    });
    const types = problemTypes(config.http.publicUrl);
    // Its own ending never comes: what is scraped of an instance on its way out is served to the last.
    const metricsApp = framedApp({ log, metrics, ending: new Ending(), types }, (framed) =>
      route(framed, [metricsOperation(metrics)], () => []),
    );
    const metricsUrl =
      metricsPort === null ? null : await open(createHttpServer(metricsApp, log, { types }), metricsPort);
    const url = await open(
      createHttpServer(app.express, log, {
        limits: { ...connectionLimits, keepAliveTimeout: clientIdleMs },
        ending: app.ending,
        types,
      }),
      port,
    );
    own.keep();
    sessions.start();
    const readAhead = (): Promise<void> => {
      jsonWebToken();
      return gateway.readAhead();
    };
    const lookAtGateway = (): Promise<SetUpFault | null> => gateway.look(config.gateway.timeoutMs);
    return { url, metricsUrl, instance: sessions.instance, readAhead, lookAtGateway, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
