import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import { makeCertificate } from "../../simulator/certificate.ts";
import { type Config, type SettingName, settingNames } from "../../src/config/index.ts";
import { APP_SECRET, least, load, mistakesOf, TOKEN_SECRET } from "./surroundings.ts";

const key = () => randomBytes(32).toString("base64");
const [newKey, oldKey] = [key(), key()];
const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
const made = await makeCertificate(["bff.example"]);
after(made.remove);
const own = { certificate: String(made.cert), key: String(made.key) };
const withApp = { GATEWAY_URL: least.GATEWAY_URL, JWT_SECRET: APP_SECRET };

interface Case {
  /** Where the value is found in the configuration. */
  readonly at: (config: Config) => unknown;
  /** What is there when the variable is not set; absent: the variable is required. */
  readonly standard?: unknown;
  readonly accepts: readonly (readonly [text: string, value: unknown])[];
  readonly refuses: readonly string[];
  /** The other variables, where the least is not enough. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The other variables when this one is left out, where they differ. */
  readonly without?: Readonly<Record<string, string>>;
}

const whole = (at: Case["at"], standard: number, least: number, most: number): Case => ({
  at,
  standard,
  accepts: [
    [`${least}`, least],
    [`${most}`, most],
    [` ${least} `, least],
  ],
  refuses: [`${least - 1}`, `${most + 1}`, "1.5", "1e3", "0x10", "ten", "+1", "99999999999999999999", "NaN"],
});
const LONGEST = 2_073_600_000;

const cases: Readonly<Record<SettingName, Case>> = {
  HOST: {
    at: (config) => config.http.host,
    standard: "0.0.0.0",
    accepts: [
      ["127.0.0.1", "127.0.0.1"],
      ["::", "::"],
      ["bff.example", "bff.example"],
    ],
    refuses: ["127.0.0.1:3000", "http://here", "a b", "-x"],
  },
  PORT: whole((config) => config.http.port, 3000, 0, 65_535),
  METRICS_PORT: {
    at: (config) => config.http.metricsPort,
    standard: null,
    accepts: [
      ["9464", 9464],
      ["0", 0],
    ],
    refuses: ["65536", "-1", "http", "3000"],
  },
  PUBLIC_URL: {
    at: (config) => config.http.publicUrl,
    standard: null,
    accepts: [
      ["https://portal.example/bff/", "https://portal.example/bff"],
      ["https://Portal.example:443", "https://portal.example"],
      ["http://localhost:3000", "http://localhost:3000"],
    ],
    refuses: [
      "portal.example",
      "/bff",
      "https://u:p@portal.example",
      "https://portal.example/?a",
      "ftp://portal.example",
    ],
  },
  CLIENT_IDLE_MS: whole((config) => config.http.clientIdleMs, 65_000, 1, 3_600_000),
  BOARD: {
    at: (config) => config.board,
    standard: true,
    accepts: [
      ["on", true],
      ["off", false],
    ],
    refuses: ["true", "no", "OFF", "0"],
  },
  CORS_ORIGINS: {
    at: (config) => config.http.corsOrigins,
    standard: [],
    accepts: [
      ["https://app.example", ["https://app.example"]],
      ["https://app.example, http://localhost:5173", ["https://app.example", "http://localhost:5173"]],
      ["capacitor://localhost,ionic://localhost", ["capacitor://localhost", "ionic://localhost"]],
    ],
    refuses: [
      ...["*", "null", "https://*.example", "https://app.example/", "https://app.example/path", "app.example"],
      ...[
        "https://App.example",
        "https://app.example:443",
        "https://u:p@app.example",
        ...["file:///x", "file://host", "javascript://host", "wss://host", "capacitor://", "capacitor://localhost/"],
        "https://a.example,",
      ],
    ],
  },
  TRUST_PROXY: {
    at: (config) => config.http.trustProxy,
    standard: [],
    accepts: [
      ["10.0.0.0/8, loopback", ["10.0.0.0/8", "loopback"]],
      ["192.0.2.1", ["192.0.2.1"]],
      ["fd00::/8,::1,fe80::/10", ["fd00::/8", "::1", "fe80::/10"]],
    ],
    refuses: [
      ...["true", "1", "*", "all", "0.0.0.0/0", "0.0.0.0/1,128.0.0.0/1", "10.0.0.0/7", "::/0", "2000::/3", "::/64"],
      ...[
        "::ffff:0.0.0.0/96",
        "::ffff:10.0.0.0/104",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/8/8",
        "fe80::1%eth0",
        "loopback,",
      ],
    ],
  },
  RATE_LIMIT_PER_MINUTE: whole((config) => config.http.rateLimitPerMinute, 600, 1, 10_000_000),
  SIGN_IN_LIMIT_PER_MINUTE: whole((config) => config.http.signInLimitPerMinute, 10, 1, 10_000_000),
  SHUTDOWN_GRACE_MS: whole((config) => config.http.shutdownGraceMs, 15_000, 0, 600_000),
  DRAIN_LEAD_MS: {
    ...whole((config) => config.http.drainLeadMs, 2000, 0, 300_000),
    beside: { ...least, SHUTDOWN_GRACE_MS: "600000" },
  },
  LOG_LEVEL: {
    at: (config) => config.logLevel,
    standard: "info",
    accepts: ["fatal", "error", "warn", "info", "debug", "trace", "silent"].map((level) => [level, level] as const),
    refuses: ["INFO", "verbose", "30", "toString"],
  },

  GATEWAY_URL: {
    at: (config) => config.gateway.url,
    accepts: [
      ["https://g.example:8043/agentgateway/resource/", "https://g.example:8043/agentgateway/resource"],
      ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ],
    refuses: [
      ...[
        "gateway.example",
        "ftp://gateway.example",
        "https://user:pass@gateway.example",
        "https://user@gateway.example",
      ],
      ...["https://gateway.example/?a=b", "https://gateway.example/#a", "https://gateway.example/?", "https://"],
    ],
  },
  GATEWAY_CA_FILE: {
    at: (config) => config.gateway.ca,
    standard: null,
    accepts: [],
    refuses: ["missing.pem", "/site/is-a-key.pem"],
  },
  GATEWAY_CERT_FILE: {
    at: (config) => config.gateway.clientCertificate?.certificate ?? null,
    standard: null,
    accepts: [["client.pem", own.certificate]],
    refuses: ["missing.pem", "/site/is-a-key.pem", "client.key"],
    beside: { ...least, GATEWAY_KEY_FILE: "client.key" },
    without: least,
  },
  GATEWAY_KEY_FILE: {
    at: (config) => config.gateway.clientCertificate?.key ?? null,
    standard: null,
    accepts: [["client.key", own.key]],
    refuses: ["missing.pem", "/site/is-a-key.pem", "client.pem", "other.key"],
    beside: { ...least, GATEWAY_CERT_FILE: "client.pem" },
    without: least,
  },
  HTTPS_PROXY: {
    at: (config) => config.gateway.proxy,
    standard: null,
    accepts: [
      ["http://proxy.example:3128", "http://proxy.example:3128"],
      ["proxy.example:3128", "http://proxy.example:3128"],
      ["https://us:p%40ss@proxy.example/", "https://us:p%40ss@proxy.example"],
    ],
    refuses: ["socks5://proxy.example", "http://proxy.example/path", "http://", "http://pro xy"],
  },
  HTTP_PROXY: {
    at: (config) => config.gateway.proxy,
    standard: null,
    accepts: [["http://proxy.example:3128", "http://proxy.example:3128"]],
    refuses: ["socks5://proxy.example"],
    beside: { ...least, GATEWAY_URL: "http://gateway.example" },
  },
  NO_PROXY: {
    at: (config) => config.gateway.proxy,
    standard: "http://proxy.example:3128",
    accepts: [
      ["gateway.example", null],
      ["elsewhere.example", "http://proxy.example:3128"],
    ],
    refuses: ["http://gateway.example?", "a|b"],
    beside: { ...least, HTTPS_PROXY: "http://proxy.example:3128" },
  },
  GATEWAY_TIMEOUT_MS: whole((config) => config.gateway.timeoutMs, 5000, 10, 600_000),
  GATEWAY_MAX_CONCURRENCY: whole((config) => config.gateway.maxConcurrency, 256, 1, 65_536),
  GATEWAY_MAX_AGENT_ID: whole((config) => config.gateway.maxAgentId, 999_999, 101, 999_999_999),
  GATEWAY_TRACEPARENT: {
    at: (config) => config.gateway.traceparent,
    standard: false,
    accepts: [
      ["on", true],
      ["off", false],
    ],
    refuses: ["yes", "1", "ON"],
  },

  JWT_SECRET: {
    at: (config) => (config.tokens.app?.keys.kind === "secrets" ? config.tokens.app.keys.secrets : null),
    standard: null,
    accepts: [
      [APP_SECRET, [APP_SECRET]],
      [`${APP_SECRET}, ${"n".repeat(32)}`, [APP_SECRET, "n".repeat(32)]],
    ],
    refuses: ["n".repeat(31), `${APP_SECRET},short`, `${APP_SECRET},`, TOKEN_SECRET, `${APP_SECRET},${TOKEN_SECRET}`],
  },
  JWT_PUBLIC_KEY_FILE: {
    at: ({ tokens: { app } }) =>
      app?.keys.kind === "public-keys"
        ? app.keys.keys.map(({ key }) => key.export({ type: "spki", format: "pem" }))
        : null,
    standard: null,
    accepts: [["/site/is-a-key.pem", [publicKey]]],
    refuses: ["missing.pem", "/site/is-no-key.pem"],
    beside: { ...least, JWT_ALGORITHMS: "ES256" },
  },
  JWT_JWKS_URL: {
    at: (config) => (config.tokens.app?.keys.kind === "jwks" ? config.tokens.app.keys.url : null),
    standard: null,
    accepts: [["https://issuer.example/keys?p=1", "https://issuer.example/keys?p=1"]],
    refuses: ["issuer.example", "file:///keys.json", "https://a:b@issuer.example/", "https://issuer.example/#x"],
    beside: { ...least, JWT_ALGORITHMS: "RS256,ES256" },
  },
  JWT_CA_FILE: {
    at: ({ tokens: { app } }) => (app?.keys.kind === "jwks" ? app.keys.ca : null),
    standard: null,
    accepts: [["client.pem", own.certificate]],
    refuses: ["missing.pem", "/site/is-a-key.pem"],
    beside: { GATEWAY_URL: least.GATEWAY_URL, JWT_JWKS_URL: "https://issuer.example/keys", JWT_ALGORITHMS: "RS256" },
    without: least,
  },
  JWT_ALGORITHMS: {
    at: (config) => config.tokens.app?.algorithms,
    standard: ["HS256"],
    accepts: [
      ["HS512", ["HS512"]],
      ["HS256, HS384", ["HS256", "HS384"]],
    ],
    refuses: ["none", "HS256,none", "hs256", "HS256,RS256", "RS256", "EdDSA", "HS256,", "constructor"],
    beside: withApp,
  },
  JWT_ISSUER: {
    at: (config) => config.tokens.app?.issuer,
    standard: null,
    accepts: [["https://issuer.example", "https://issuer.example"]],
    refuses: ["conferences-bff", " conferences-bff ", "a\nb", "x".repeat(1025)],
    beside: withApp,
  },
  JWT_AUDIENCE: {
    at: (config) => config.tokens.app?.audience,
    standard: null,
    accepts: [["conferences", "conferences"]],
    refuses: ["a\nb", "x".repeat(1025)],
    beside: withApp,
  },
  JWT_SESSION_CLAIM: {
    at: (config) => config.tokens.app?.sessionClaim,
    standard: "sid",
    accepts: [["https://app.example/session", "https://app.example/session"]],
    refuses: ["two words", "x".repeat(129)],
    beside: withApp,
  },
  JWT_CLOCK_SKEW_MS: {
    ...whole((config) => config.tokens.app?.clockSkewMs, 5000, 0, 600_000),
    beside: withApp,
  },
  JWT_REQUIRED_CLAIMS: {
    at: (config) => [...(config.tokens.app?.requiredClaims ?? [])],
    standard: [],
    accepts: [
      ["token_use=access", [["token_use", ["access"]]]],
      [
        "azp=web, azp=app, https://app.example/tenant=a=b",
        [
          ["azp", ["web", "app"]],
          ["https://app.example/tenant", ["a=b"]],
        ],
      ],
    ],
    refuses: ["token_use", "=access", "token_use=", "a=b,", "two words=x"],
    beside: withApp,
  },
  TOKEN_SECRET: {
    at: (config) => config.tokens.ownSecrets,
    standard: null,
    accepts: [
      ["o".repeat(32), ["o".repeat(32)]],
      [`${"n".repeat(32)}, ${"o".repeat(32)}`, ["n".repeat(32), "o".repeat(32)]],
    ],
    refuses: ["o".repeat(31), APP_SECRET, `${"n".repeat(32)},${APP_SECRET}`, `${"n".repeat(32)},`],
    beside: withApp,
  },
  SERVICE_TOKEN_SCOPE: {
    at: (config) => config.tokens.serviceScope,
    standard: "sessions:write",
    accepts: [["bff.sessions", "bff.sessions"]],
    refuses: ["two words", 'a"b', "a\\b"],
  },
  SERVICE_TOKEN_CLAIMS: {
    at: (config) => config.tokens.serviceClaims,
    standard: ["scope", "scp", "roles"],
    accepts: [["permissions, scope", ["permissions", "scope"]]],
    refuses: ["two words", "scope,", "x".repeat(129)],
  },

  SESSION_STORE_PREFIX: {
    at: (config) => config.store.prefix,
    standard: "cbff",
    accepts: [
      ["one", "one"],
      ["Site-1_b.test", "Site-1_b.test"],
    ],
    refuses: ["a:b", "{a}", "a*", "a b", "é", "x".repeat(33)],
  },
  SESSION_STORE_URL: {
    at: (config) => [config.store.kind, config.store.path],
    standard: ["sqlite", "/site/data/sessions.db"],
    accepts: [
      ["memory:", ["memory", null]],
      ["sqlite:/var/lib/s.db", ["sqlite", "/var/lib/s.db"]],
      ["sqlite:here.db", ["sqlite", "/site/here.db"]],
      ["redis://:secret@redis.example:6379/1", ["redis", null]],
      ["rediss://[::1]:6379", ["redis", null]],
      ["redis://user:p%40ss@one:26379,two:26379/3?sentinel=sessions", ["redis", null]],
      ["redis://one:7000,two:7000?cluster", ["redis", null]],
    ],
    refuses: [
      "sqlite:",
      "sqlite::memory:",
      "sqlite://host/x.db",
      "mysql://host/x",
      "data/sessions.db",
      "redis://",
      "redis://host/name",
      "redis://us@er@host",
      "redis://ho st",
      "memory:x",
    ],
    beside: { ...least, SESSION_KEYS: newKey },
  },
  SESSION_KEYS: {
    at: (config) => config.store.keys?.map((bytes) => Buffer.from(bytes).toString("base64")) ?? null,
    standard: null,
    accepts: [
      [newKey, [newKey]],
      [`${newKey},${oldKey}`, [newKey, oldKey]],
    ],
    refuses: [
      "short",
      `${newKey},`,
      newKey.slice(4),
      `${newKey}AAAA`,
      "?".repeat(44),
      randomBytes(33).toString("base64"),
    ],
  },
  SESSION_IDLE_MS: whole((config) => config.sessions.idleMs, 1_800_000, 1, LONGEST),
  SESSION_MAX_MS: whole((config) => config.sessions.maxMs, 43_200_000, 1, LONGEST),
  KEEP_ALIVE_INTERVAL_MS: whole((config) => config.sessions.keepAliveIntervalMs, 300, 1, 60_000),

  CONFERENCE_STREAM_INTERVAL_MS: whole((config) => config.conferences.streamIntervalMs, 2000, 10, 3_600_000),
  CONFERENCE_FRESH_MS: whole((config) => config.conferences.freshMs, 0, 0, 60_000),
  CONFERENCE_SHARING: {
    at: (config) => config.conferences.sharing,
    standard: "agent",
    accepts: [
      ["vdn", "vdn"],
      ["agent", "agent"],
    ],
    refuses: ["all", "VDN"],
  },
  AGENT_OPERATIONS: {
    at: (config) => [...config.operations.served.keys()],
    standard: [],
    accepts: [["saybusy, callout", ["saybusy", "callout"]]],
    refuses: ["say busy", "saybusy,", "../saybusy", "sayidle", "SAYBUSY"],
  },
};

const files = {
  "/site/is-a-key.pem": publicKey.toString(),
  "/site/is-no-key.pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
  "/site/client.pem": own.certificate,
  "/site/client.key": own.key,
  "/site/other.key": generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString(),
};

for (const name of settingNames) {
  const { at, standard, accepts, refuses, beside = least, without } = cases[name];
  const others: Record<string, string> = {
    ...beside,
    ...(name === "SESSION_IDLE_MS" && { SESSION_MAX_MS: `${LONGEST}` }),
  };
  describe(name, () => {
    if (standard === undefined) {
      test("has to be set", () => {
        const { [name]: _, ...rest } = others;
        assert.deepEqual(mistakesOf(rest, files), [{ name, message: "is required" }]);
      });
    } else {
      test("may be left out", () => {
        const { [name]: _, JWT_ALGORITHMS: __, ...rest } = without ?? others;
        assert.deepEqual(at(load(rest, files)), standard);
        assert.deepEqual(at(load({ ...rest, [name]: " " }, files)), standard);
      });
    }
    for (const [text, value] of accepts) {
      test(`takes ${text.slice(0, 60)}`, () => {
        assert.deepEqual(at(load({ ...others, [name]: text }, files)), value);
      });
    }
    test("refuses what makes no sense, by its name", () => {
      for (const text of refuses) {
        const mistakes = mistakesOf({ ...others, [name]: text }, files);
        const own = mistakes.filter((mistake) => mistake.name.includes(name) || mistake.name === "TOKEN_SECRET");
        assert.ok(own.length > 0, `"${text}" was not refused as ${name}`);
      }
    });
  });
}
