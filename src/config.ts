export type { Surroundings } from "./config/files.ts";
export { loadConfig, readTokenSecret } from "./config/load.ts";
export { ConfigError, type Mistake } from "./config/mistakes.ts";
export { isOptional, isSecret, type SettingName, settingNames, settings } from "./config/settings.ts";
export { shippedTables } from "./config/tables.ts";

/** Everything that an operator may set, checked and frozen. Nothing but this module reads the environment. */
export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly metricsPort: number | null;
    /** Exact origins. */
    readonly corsOrigins: readonly string[];
    /** Proxy subnets, express's `trust proxy` as a list; empty: none. */
    readonly trustProxy: readonly string[];
    readonly rateLimitPerMinute: number;
    readonly signInLimitPerMinute: number;
    readonly shutdownGraceMs: number;
  };
  readonly gateway: GatewayConfig;
  readonly tokens: TokenConfig;
  readonly store: StoreConfig;
  readonly sessions: SessionConfig;
  readonly conferences: ConferenceConfig;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

export interface GatewayConfig {
  /** Without a trailing slash. */
  readonly url: string;
  /** PEM text to trust beside the system's authorities. */
  readonly ca: string | null;
  readonly authMode: "static" | "dynamic";
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  readonly maxAgentId: number;
  /** The rows of config/retcodes.json with the site's over them. */
  readonly retcodes: ReadonlyMap<string, import("./gateway/refusal.ts").RetcodeRow>;
  /** The fields of the sign-in body beside password and phone number, from config/sign-in.json. */
  readonly signInFields: Readonly<Record<string, string | number | boolean>>;
}

export interface TokenConfig {
  /** The outside issuer; null when the service issues tokens alone. */
  readonly app: {
    readonly algorithms: readonly string[];
    /** Text secrets (symmetric), a PEM public key, or where the JWKS is. */
    readonly keys:
      | { readonly kind: "secrets"; readonly secrets: readonly string[] }
      | { readonly kind: "public-key"; readonly pem: string }
      | { readonly kind: "jwks"; readonly url: string };
    readonly issuer: string | null;
    readonly audience: string | null;
    readonly sessionClaim: string;
  } | null;
  /** `TOKEN_SECRET`: the service issues session tokens itself. */
  readonly ownSecret: string | null;
  readonly serviceScope: string;
}

export interface StoreConfig {
  readonly url: string;
  readonly kind: "memory" | "sqlite" | "redis";
  /** The sqlite file; null otherwise. */
  readonly path: string | null;
  /** Begins every key and channel in Redis. */
  readonly prefix: string;
  /** From `SESSION_KEYS`; null: generated beside the sqlite file, or for this run with `memory:`. */
  readonly keys: readonly Uint8Array[] | null;
}

export interface SessionConfig {
  readonly idleMs: number;
  readonly maxMs: number;
  readonly keepAliveIntervalMs: number;
  /** How long a lease lasts without renewal, and how long the gateway holds a poll; from config/. */
  readonly leaseMs: number;
  readonly pollHoldMs: number;
  readonly eventsKept: number;
}

export interface ConferenceConfig {
  readonly streamIntervalMs: number;
  readonly freshMs: number;
  readonly sharing: "agent" | "vdn";
}

export interface LoadedConfig extends Config {
  /** Sentences for the log: allowed, and worth a second look. Never hold a value. */
  readonly warnings: readonly string[];
}
