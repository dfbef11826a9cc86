import type { StorePlace } from "../sessions/index.ts";
import type { AppIssuerOptions, AppKeys } from "../tokens/index.ts";
import type { Config } from "./config.ts";
import type { NamedFiles } from "./named-files.ts";
import { proxyFor } from "./proxies.ts";
import type { CompleteValues } from "./settings.ts";
import { storePath } from "./store-address.ts";
import type { Tables } from "./tables.ts";

/**
 * From flat, checked values to the shape that the rooms are given; nothing can be mistaken any more. Of the operations
 * the tables hold only those that are served by then.
 *
 * @param directory where relative paths start
 * @param ownSecretFile where a secret is made and kept
 */
export function assemble(
  values: CompleteValues,
  { defaults, retcodes, signInFields, operations, conference }: Tables,
  files: NamedFiles,
  { directory, ownSecretFile }: { readonly directory: string; readonly ownSecretFile: string | null },
): Config {
  return {
    http: {
      host: values.HOST,
      port: values.PORT,
      metricsPort: values.METRICS_PORT ?? null,
      publicUrl: values.PUBLIC_URL ?? null,
      clientIdleMs: values.CLIENT_IDLE_MS,
      corsOrigins: values.CORS_ORIGINS ?? [],
      trustProxy: values.TRUST_PROXY ?? [],
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      signInLimitPerMinute: values.SIGN_IN_LIMIT_PER_MINUTE,
      shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
      drainLeadMs: Math.min(values.DRAIN_LEAD_MS, Math.floor(values.SHUTDOWN_GRACE_MS / 2)),
    },
    gateway: {
      url: values.GATEWAY_URL,
      ca: files.gatewayCa,
      clientCertificate: files.clientCertificate,
      proxy: proxyFor(values.GATEWAY_URL, values),
      timeoutMs: values.GATEWAY_TIMEOUT_MS,
      maxConcurrency: values.GATEWAY_MAX_CONCURRENCY,
      maxAgentId: values.GATEWAY_MAX_AGENT_ID,
      traceparent: values.GATEWAY_TRACEPARENT === "on",
      retcodes,
      signInFields,
    },
    tokens: {
      app: outsideIssuer(values, files),
      ownSecrets: values.TOKEN_SECRET ?? null,
      ownSecretFile,
      serviceScope: values.SERVICE_TOKEN_SCOPE,
      serviceClaims: values.SERVICE_TOKEN_CLAIMS,
    },
    store: store(values, directory),
    sessions: {
      idleMs: Math.min(values.SESSION_IDLE_MS, values.SESSION_MAX_MS),
      maxMs: values.SESSION_MAX_MS,
      keepAliveIntervalMs: values.KEEP_ALIVE_INTERVAL_MS,
      ...defaults.inner,
    },
    conferences: {
      streamIntervalMs: values.CONFERENCE_STREAM_INTERVAL_MS,
      freshMs: values.CONFERENCE_FRESH_MS,
      sharing: values.CONFERENCE_SHARING,
      holdAnnouncement: conference.holdAnnouncement ?? null,
    },
    operations: { served: operations },
    board: values.BOARD === "on",
    logLevel: values.LOG_LEVEL,
  };
}

function outsideIssuer(values: CompleteValues, files: NamedFiles): AppIssuerOptions | null {
  const keys = outsideKeys(values, files);
  if (keys === null) return null;
  return {
    keys,
    algorithms: values.JWT_ALGORITHMS ?? ["HS256"],
    issuer: values.JWT_ISSUER ?? null,
    audience: values.JWT_AUDIENCE ?? null,
    sessionClaim: values.JWT_SESSION_CLAIM,
    requiredClaims: values.JWT_REQUIRED_CLAIMS ?? new Map(),
    clockSkewMs: values.JWT_CLOCK_SKEW_MS,
  };
}

function outsideKeys(values: CompleteValues, { issuerKeys, issuerCa }: NamedFiles): AppKeys | null {
  if (values.JWT_SECRET !== undefined) return { kind: "secrets", secrets: values.JWT_SECRET };
  if (issuerKeys !== null) return { kind: "public-keys", keys: issuerKeys };
  const { JWT_JWKS_URL: url } = values;
  if (url !== undefined) return { kind: "jwks", url, ca: issuerCa, proxy: proxyFor(url, values) };
  return null;
}

function store(values: CompleteValues, directory: string): StorePlace {
  const { SESSION_STORE_URL: url, SESSION_STORE_PREFIX: prefix, SESSION_KEYS: keys = null } = values;
  const given = { url, prefix, keys };
  if (url === "memory:") return { ...given, kind: "memory", path: null };
  const path = storePath(url, directory);
  return path === null ? { ...given, kind: "redis", path } : { ...given, kind: "sqlite", path };
}
