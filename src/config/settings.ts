import type * as z from "zod";
import {
  algorithmList,
  anyText,
  claimName,
  filePath,
  gatewayUrl,
  hostAddress,
  integer,
  jwksUrl,
  oneOf,
  originList,
  scopeWord,
  sealingKeys,
  secretList,
  storePrefix,
  storeUrl,
  subnetList,
} from "./value-forms.ts";

interface Setting {
  readonly group: string;
  /** What it means and what to think of when setting it. */
  readonly meaning: string;
  /** From text to value; its description says what is accepted. */
  readonly form: z.ZodType<unknown, string>;
  /** A secret may also be given as `NAME_FILE`. */
  readonly secret?: true;
  /** Neither has a default nor has to be set. */
  readonly optional?: true;
  /** For `.env.example`, where there is no default. */
  readonly example?: string;
}

/** 24 days: a timer holds 2^31 - 1 ms at most, and fires at once when given more. */
const LONGEST_MS = 24 * 24 * 3_600_000;

/**
 * Every variable that an operator may set, in the order of the page. docs/configuration.md and .env.example are made
 * from this table, defaults come from config/defaults.json.
 */
export const settings = {
  HOST: { group: "Listening", form: hostAddress, meaning: "Address to listen on." },
  PORT: { group: "Listening", form: integer(0, 65_535), meaning: "Port to listen on; 0 takes any free one." },
  METRICS_PORT: {
    group: "Listening",
    form: integer(0, 65_535),
    optional: true,
    meaning:
      "Port of its own for `GET /metrics`, other than `PORT`; 0 takes any free one. Not set: `/metrics` is on `PORT`.",
    example: "9464",
  },
  CORS_ORIGINS: {
    group: "Listening",
    form: originList,
    optional: true,
    meaning: "Browser apps on these origins may call with the session cookie. Not set: none.",
    example: "https://app.example",
  },
  TRUST_PROXY: {
    group: "Listening",
    form: subnetList,
    optional: true,
    meaning:
      "Where your proxies are: `X-Forwarded-For` is believed from there only. IPv4 prefixes from /8, IPv6 from /7. Not set: no proxy.",
    example: "10.1.0.0/16",
  },
  RATE_LIMIT_PER_MINUTE: {
    group: "Listening",
    form: integer(1, 10_000_000),
    meaning: "Requests a minute and session, counted in each process.",
  },
  SIGN_IN_LIMIT_PER_MINUTE: {
    group: "Listening",
    form: integer(1, 10_000_000),
    meaning:
      "Sign-ins a minute of one agent id from one address; ten times as many from one address, and of one agent id, altogether. Shared by all instances when the store is Redis.",
  },
  SHUTDOWN_GRACE_MS: {
    group: "Listening",
    form: integer(0, 600_000),
    meaning: "How long a stop (SIGTERM) may wait for requests and polls under way, in ms.",
  },
  LOG_LEVEL: {
    group: "Listening",
    form: oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
    meaning: "The least important log lines to write.",
  },

  GATEWAY_URL: {
    group: "Agent gateway",
    form: gatewayUrl,
    meaning: "Where the agent gateway's resources begin.",
    example: "https://gateway.example:8043/agentgateway/resource",
  },
  GATEWAY_CA_FILE: {
    group: "Agent gateway",
    form: filePath,
    optional: true,
    meaning: "PEM bundle of certificates to trust beside the system's. Verification is never switched off.",
    example: "/run/secrets/gateway-ca.pem",
  },
  GATEWAY_TIMEOUT_MS: {
    group: "Agent gateway",
    form: integer(10, 600_000),
    meaning: "Deadline of one operation at the gateway, retries included, in ms; event polls apart.",
  },
  GATEWAY_MAX_CONCURRENCY: {
    group: "Agent gateway",
    form: integer(1, 65_536),
    meaning: "Calls to the gateway at once; past it and a short queue the answer is 503.",
  },
  GATEWAY_MAX_AGENT_ID: {
    group: "Agent gateway",
    form: integer(101, 999_999_999),
    meaning: "The highest agent id of the site; older sites have 59999.",
  },

  JWT_SECRET: {
    group: "Tokens",
    form: secretList,
    optional: true,
    secret: true,
    meaning: "Secret that the app's issuer signs with; several for rotation. One of the three `JWT_` keys at most.",
    example: "",
  },
  JWT_PUBLIC_KEY_FILE: {
    group: "Tokens",
    form: filePath,
    optional: true,
    meaning:
      "PEM public key or certificate of the app's issuer, several in one file while they rotate. RSA from 2048 bits, or EC on P-256, P-384 or P-521.",
    example: "/run/secrets/issuer.pem",
  },
  JWT_JWKS_URL: {
    group: "Tokens",
    form: jwksUrl,
    optional: true,
    meaning: "Where the app's issuer publishes its keys (RFC 7517).",
    example: "https://issuer.example/.well-known/jwks.json",
  },
  JWT_ALGORITHMS: {
    group: "Tokens",
    form: algorithmList,
    optional: true,
    meaning:
      "What the app's tokens may be signed with. `HS256` with `JWT_SECRET`; required with a public key or JWKS. Symmetric and asymmetric are never mixed, and each has to fit the key.",
    example: "RS256",
  },
  JWT_ISSUER: {
    group: "Tokens",
    form: anyText,
    optional: true,
    meaning: "The `iss` that the app's tokens must have. Not set: not checked. Never `conferences-bff`, our own.",
    example: "https://issuer.example",
  },
  JWT_AUDIENCE: {
    group: "Tokens",
    form: anyText,
    optional: true,
    meaning: "What the `aud` of the app's tokens must hold. Not set: not checked.",
    example: "conferences",
  },
  JWT_SESSION_CLAIM: {
    group: "Tokens",
    form: claimName,
    meaning: "The claim that names the session; `sub` names the subject.",
  },
  TOKEN_SECRET: {
    group: "Tokens",
    form: secretList,
    optional: true,
    secret: true,
    meaning:
      "Set: the service issues session tokens itself (HS256); the first signs, all of them check. It or a key of the app's issuer must be given. Never one of `JWT_SECRET`.",
    example: "",
  },
  SERVICE_TOKEN_SCOPE: {
    group: "Tokens",
    form: scopeWord,
    meaning: "The word that the `scope` claim of a trusted backend's token must hold on `/sessions`.",
  },

  SESSION_STORE_URL: {
    group: "Sessions",
    form: storeUrl,
    secret: true,
    meaning: "Where sessions live: in memory, in an sqlite file of this process alone, or in Redis or Valkey.",
  },
  SESSION_STORE_PREFIX: {
    group: "Sessions",
    form: storePrefix,
    meaning:
      "Begins every key and channel in Redis or Valkey, which several installations may then share. Another one finds none of the sessions that are there.",
  },
  SESSION_KEYS: {
    group: "Sessions",
    form: sealingKeys,
    optional: true,
    secret: true,
    meaning:
      "Keys that seal Guids and gateway cookies at rest. Not set: generated beside the sqlite file; required with Redis. Made with `openssl rand -base64 32`.",
    example: "",
  },
  SESSION_IDLE_MS: {
    group: "Sessions",
    form: integer(1, LONGEST_MS),
    meaning: "A session that is not used for so long ends, in ms; at most `SESSION_MAX_MS`.",
  },
  SESSION_MAX_MS: {
    group: "Sessions",
    form: integer(1, LONGEST_MS),
    meaning: "A session older than this ends, in ms.",
  },
  KEEP_ALIVE_INTERVAL_MS: {
    group: "Sessions",
    form: integer(1, 60_000),
    meaning: "Pause between two event polls of an agent, in ms; the gateway's reference asks for 200 to 500.",
  },

  CONFERENCE_STREAM_INTERVAL_MS: {
    group: "Conferences",
    form: integer(10, 3_600_000),
    meaning: "How often a list with listeners is refreshed, in ms.",
  },
  CONFERENCE_FRESH_MS: {
    group: "Conferences",
    form: integer(0, 60_000),
    meaning: "An answer up to this old may be given again, with `Age`, in ms; 0 shares only calls in flight.",
  },
  CONFERENCE_SHARING: {
    group: "Conferences",
    form: oneOf(["agent", "vdn"]),
    meaning:
      "`vdn`: inspectors of one VDN whose right the gateway confirmed within the last minute share one query; sessions bound by a backend never do.",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

type OptionalName = {
  [Name in SettingName]: (typeof settings)[Name] extends { optional: true } ? Name : never;
}[SettingName];
type ValueOf<Name extends SettingName> = z.output<(typeof settings)[Name]["form"]>;

/** What a setting's text became; absent where it is not set, or mistaken. */
export type Values = { -readonly [Name in SettingName]?: ValueOf<Name> };

/** When nothing was mistaken, whatever is not optional is there. */
export type CompleteValues = { readonly [Name in Exclude<SettingName, OptionalName>]: ValueOf<Name> } & {
  readonly [Name in OptionalName]?: ValueOf<Name>;
};

export const isOptional = (name: SettingName): boolean => "optional" in settings[name];

export const isSecret = (name: SettingName): boolean => "secret" in settings[name];
