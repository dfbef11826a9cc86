import { resolve } from "node:path";
import type { StorePlace } from "../sessions/index.ts";
import type { AppIssuerOptions, AppKeys, PublicKey } from "../tokens/index.ts";
import type { Config } from "./config.ts";
import type { CompleteValues } from "./settings.ts";
import type { Tables } from "./tables.ts";

interface ReadFiles {
  readonly ca: string | null;
  readonly issuerKeys: readonly PublicKey[] | null;
  /** Where relative paths start. */
  readonly directory: string;
}

/** From flat, checked values to the shape that the rooms are given; nothing can be mistaken any more. */
export function assemble(
  values: CompleteValues,
  { defaults, retcodes, signInFields }: Tables,
  files: ReadFiles,
): Config {
  return {
    http: {
      host: values.HOST,
      port: values.PORT,
      metricsPort: values.METRICS_PORT ?? null,
      corsOrigins: values.CORS_ORIGINS ?? [],
      trustProxy: values.TRUST_PROXY ?? [],
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      signInLimitPerMinute: values.SIGN_IN_LIMIT_PER_MINUTE,
      shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
    },
    gateway: {
      url: values.GATEWAY_URL,
      ca: files.ca,
      timeoutMs: values.GATEWAY_TIMEOUT_MS,
      maxConcurrency: values.GATEWAY_MAX_CONCURRENCY,
      maxAgentId: values.GATEWAY_MAX_AGENT_ID,
      retcodes,
      signInFields,
    },
    tokens: {
      app: outsideIssuer(values, files.issuerKeys),
      ownSecrets: values.TOKEN_SECRET ?? null,
      serviceScope: values.SERVICE_TOKEN_SCOPE,
    },
    store: store(values, files.directory),
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
    },
    logLevel: values.LOG_LEVEL,
  };
}

function outsideIssuer(values: CompleteValues, issuerKeys: ReadFiles["issuerKeys"]): AppIssuerOptions | null {
  const keys = outsideKeys(values, issuerKeys);
  if (keys === null) return null;
  return {
    keys,
    algorithms: values.JWT_ALGORITHMS ?? ["HS256"],
    issuer: values.JWT_ISSUER ?? null,
    audience: values.JWT_AUDIENCE ?? null,
    sessionClaim: values.JWT_SESSION_CLAIM,
  };
}

function outsideKeys(values: CompleteValues, issuerKeys: ReadFiles["issuerKeys"]): AppKeys | null {
  if (values.JWT_SECRET !== undefined) return { kind: "secrets", secrets: values.JWT_SECRET };
  if (issuerKeys !== null) return { kind: "public-keys", keys: issuerKeys };
  if (values.JWT_JWKS_URL !== undefined) return { kind: "jwks", url: values.JWT_JWKS_URL };
  return null;
}

function store(values: CompleteValues, directory: string): StorePlace {
  const { SESSION_STORE_URL: url, SESSION_STORE_PREFIX: prefix, SESSION_KEYS: keys = null } = values;
  const given = { url, prefix, keys };
  if (url === "memory:") return { ...given, kind: "memory", path: null };
  if (url.startsWith("sqlite:"))
    return { ...given, kind: "sqlite", path: resolve(directory, url.slice("sqlite:".length)) };
  return { ...given, kind: "redis", path: null };
}
