import type { Server } from "node:http";
import express from "express";
import { createApp } from "./app.ts";
import { hostOf, storeName } from "./banner.ts";
import type { Config } from "./config/index.ts";
import { drain } from "./draining.ts";
import { createGateway, openTrustedFetch, type Wrong } from "./gateway/index.ts";
import { strangeHost } from "./http/host-header.ts";
import { Metrics } from "./http/metrics.ts";
import { problemTypes } from "./http/problem-response.ts";
import { connectionLimits, createHttpServer, listen, tryAddress } from "./http/server.ts";
import { sharedCounters } from "./http/shared-counters.ts";
import type { Log } from "./log.ts";
import { Measuring } from "./measuring.ts";
import { ownSecretsOf } from "./own-secret.ts";
import { measuredStore, openStore, Sessions, storeOperations } from "./sessions/index.ts";
import { systemChance, systemClock } from "./system-clock.ts";
import { createTokenIssuer, createTokenVerifier } from "./tokens/index.ts";

/** A running service. */
export interface Service {
  readonly url: string;
  /** Where metrics are served, when they have a port of their own. */
  readonly metricsUrl: string | null;
  /** What is wrong with the gateway's set-up; null: nothing. One look, which may take as long as an operation. */
  lookAtGateway(): Promise<Wrong | null>;
  /** Drains: takes nothing new, answers what is under way, lets go of its agents, closes what it opened. */
  close(): Promise<void>;
}

/**
 * Builds the service from its configuration and listens. What is opened is closed again in reverse order, also when a
 * later step fails.
 */
export async function startService(config: Config, log: Log): Promise<Service> {
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
    const now = Date.now;
    const metrics = new Metrics();
    const { host, metricsPort, port, shutdownGraceMs, drainLeadMs, clientIdleMs } = config.http;
    // Before anything is written: a start that fails leaves nothing behind.
    await tryAddress(host, port);
    if (metricsPort !== null) await tryAddress(host, metricsPort);
    const bareStore = await openStore(config.store, {
      clock: systemClock,
      chance: systemChance,
      eventsKept: config.sessions.eventsKept,
      unreadableKeptMs: config.sessions.maxMs,
      onCorrupt: (record) => log.corruptRecord(record),
    });
    const measuring = new Measuring({
      registry: metrics.registry,
      retcodes: config.gateway.retcodes,
      storeOperations: storeOperations(bareStore),
    });
    log.countWith(measuring);
    const store = measuredStore(bareStore, (call) => measuring.storeCall(call));
    opened.push({ what: "session store", close: () => store.close() });
    const own = ownSecretsOf(config.tokens);
    const { secrets: ownSecrets } = own;
    const tokens = { ...config.tokens, ownSecrets };
    const issuerKeys = tokens.app?.keys;
    const issuerFetch = issuerKeys?.kind === "jwks" ? openTrustedFetch({ ...issuerKeys, client: null }) : null;
    if (issuerFetch !== null) opened.push({ what: "connections to the token issuer", close: issuerFetch.close });
    const verifier = createTokenVerifier(tokens, { now, log, ...(issuerFetch && { fetchKeySet: issuerFetch.fetch }) });
    opened.push({ what: "token verifier", close: () => verifier.close() });
    const issuer = ownSecrets === null ? null : createTokenIssuer(ownSecrets[0], { now });
    const gateway = createGateway(config.gateway, {
      log,
      clock: systemClock,
      random: systemChance.random,
      observer: {
        onCall: (call) => {
          measuring.gatewayCall(call);
          log.gatewayCall(call);
        },
        onUnknownRetcode: () => undefined,
        onBreaker: (state) => {
          log.breaker(state);
          measuring.breaker(state);
        },
        onRotation: () => measuring.rotated(),
      },
    });
    opened.push({ what: "gateway client", close: () => gateway.close() });
    metrics.watchGateway(() => gateway.load());
    const sessions = new Sessions({
      store,
      gateway,
      config: config.sessions,
      gatewayTimeoutMs: config.gateway.timeoutMs,
      log,
      clock: systemClock,
      chance: systemChance,
    });
    const app = createApp({
      config: { ...config, tokens },
      sessions,
      control: gateway,
      verifier,
      issuer,
      counters: store.sendCommand && sharedCounters(store.sendCommand.bind(store), config.store.prefix),
      metrics,
      log,
    });

    const servers: Server[] = [];
    const open = async (server: Server, port: number): Promise<string> => {
      const url = await listen(server, host, port);
      servers.push(server);
      return url;
    };
    opened.push({
      what: "requests under way",
      close: () => drain({ app, sessions, servers, graceMs: shutdownGraceMs, leadMs: drainLeadMs }),
    });
    const metricsUrl =
      metricsPort === null ? null : await open(createHttpServer(metricsApp(metrics), log), metricsPort);
    const url = await open(
      createHttpServer(app.express, log, {
        limits: { ...connectionLimits, keepAliveTimeout: clientIdleMs },
        ending: app.ending,
        types: problemTypes(config.http.publicUrl),
      }),
      port,
    );
    own.keep();
    sessions.start();
    return { url, metricsUrl, lookAtGateway: () => gateway.look(config.gateway.timeoutMs), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function metricsApp(metrics: Metrics): express.Express {
  const app = express();
  app.disable("x-powered-by");
  app.use((request, response, next) => (strangeHost(request) === null ? next() : void response.status(400).end()));
  app.get("/metrics", async (_request, response) => {
    response.setHeader("Content-Type", metrics.registry.contentType);
    response.end(await metrics.registry.metrics());
  });
  // Express's own last words are pages, with a stack on them unless NODE_ENV says production.
  app.use((_request, response) => void response.status(404).end());
  const silent: express.ErrorRequestHandler = (_error, _request, response, _next) => {
    if (response.headersSent) response.destroy();
    else response.status(500).end();
  };
  app.use(silent);
  return app;
}
