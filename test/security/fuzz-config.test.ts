import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError, loadConfig, type Surroundings, settingNames } from "../../src/config/index.ts";

const tables = join(import.meta.dirname, "../../config");

/** In half of the values, whatever their name: nothing of a value may come out again. */
const MARK = "mArKeD0123";

const near = fc.constantFrom(
  ...["https://gateway.example/agentgateway/resource", "http://127.0.0.1:8043/", "https://issuer.example/jwks"],
  ...["0", "1", "3000", "65535", "65536", "-1", "1e3", "dynamic", "static", "vdn", "agent", "trace", "info"],
  ...[
    "HS256",
    "RS256",
    "HS256,RS256",
    "none",
    "memory:",
    "sqlite:data/a.db",
    "sqlite:",
    "redis://a",
    "rediss://u:p@a:1/2",
  ],
  ...["10.0.0.0/8", "loopback", "::1/128", "https://app.example", "*", "null", "a".repeat(32), "a".repeat(5_000)],
  ...[
    Buffer.alloc(32).toString("base64"),
    Buffer.alloc(31).toString("base64"),
    "secret.pem",
    "folder",
    "missing",
    "  ",
    "",
  ],
);
const value = fc.oneof(
  near,
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.tuple(near, fc.string({ maxLength: 40 })).map(([start, end]) => `${start}${MARK}${end}`),
  fc.tuple(near, fc.constantFrom(",", "@", "/", "?", "#", "\n", "%")).map(([text, mark]) => `${MARK}${mark}${text}`),
);
const name = fc.constantFrom(...settingNames, ...settingNames.map((setting) => `${setting}_FILE`), "JWT_SECRETS");
const fileText = fc.oneof(
  value,
  fc.json(),
  fc.constant("-----BEGIN PUBLIC KEY-----\nmArKeD0123\n-----END PUBLIC KEY-----\n"),
);

/** Files that exist only here; the shipped tables are the shipped ones. */
function surroundings(files: Readonly<Record<string, string>>): Surroundings {
  return {
    directory: "/site",
    tables,
    readFile(path) {
      const text = new Map(Object.entries(files)).get(basename(path));
      if (text !== undefined) return text;
      if (path.startsWith(tables) && !path.endsWith(".site.json")) return readFileSync(path, "utf8");
      throw Object.assign(new Error(`no ${path}`), { code: basename(path) === "folder" ? "EISDIR" : "ENOENT" });
    },
  };
}

const run = (environment: Record<string, string>, files: Record<string, string>): "config" | "mistakes" => {
  try {
    const { warnings } = loadConfig(environment, surroundings(files));
    assert.ok(!warnings.join("\n").includes(MARK), warnings.join("\n"));
    return "config";
  } catch (error) {
    assert.ok(error instanceof ConfigError, `not a ConfigError but ${String(error)}`);
    assert.ok(error.mistakes.length > 0);
    assert.ok(!error.message.includes(MARK), error.message);
    assert.ok(!String(error.stack).includes(MARK) && error.cause === undefined);
    return "mistakes";
  }
};

test("any environment is a configuration or a list of mistakes, which quotes no value", () => {
  const seen = new Set<string>();
  const good = { GATEWAY_URL: "https://gateway.example/", TOKEN_SECRET: "x".repeat(32), SESSION_STORE_URL: "memory:" };
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 6 }), fc.boolean(), (environment, complete) => {
      seen.add(run(complete ? { ...good, ...environment } : environment, { "secret.pem": `${MARK}\n` }));
    }),
    { numRuns: 1_000 },
  );
  assert.deepEqual([...seen].sort(), ["config", "mistakes"]);
});

test("so is any `.env`, any file of a secret or key, and any table of a site", () => {
  const seen = new Set<string>();
  const environment = {
    GATEWAY_URL: "https://gateway.example/",
    TOKEN_SECRET_FILE: "token",
    GATEWAY_CA_FILE: "ca.pem",
    JWT_PUBLIC_KEY_FILE: "key.pem",
    JWT_ALGORITHMS: "RS256",
    SESSION_STORE_URL: "memory:",
  };
  const row = fc.record(
    {
      status: fc.oneof(fc.constant(409), fc.anything()),
      problem: fc.oneof(fc.constantFrom("agent-busy", "internal-error", "__proto__"), fc.anything()),
      effect: fc.oneof(fc.constantFrom("none", "signed-out"), fc.anything()),
      retry: fc.oneof(fc.boolean(), fc.anything()),
    },
    { requiredKeys: [] },
  );
  const table = fc.oneof(
    fileText,
    fc
      .dictionary(fc.constantFrom("100-004", "999-001", "__proto__", "status", "password"), row)
      .map((rows) => JSON.stringify(rows) ?? ""),
    fc
      .dictionary(
        fc.constantFrom("status", "ip", "password", "phonenum", "__proto__"),
        fc.oneof(value, fc.boolean(), fc.integer()),
      )
      .map((fields) => JSON.stringify(fields)),
  );
  const files = fc.record(
    {
      ".env": fileText,
      token: fileText,
      "ca.pem": fileText,
      "key.pem": fileText,
      "retcodes.site.json": table,
      "sign-in.site.json": table,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(files, fc.boolean(), (given, least) => {
      const { GATEWAY_URL, SESSION_STORE_URL } = environment;
      const own = { GATEWAY_URL, SESSION_STORE_URL, TOKEN_SECRET: "x".repeat(32) };
      seen.add(run(least ? own : environment, given));
    }),
    // Chance alone now and then finds no table that is right: one run has none at all. The other one chance has found.
    {
      numRuns: 600,
      examples: [
        [{}, true],
        [{ ".env": `secret.pem${MARK}="` }, false],
      ],
    },
  );
  assert.deepEqual([...seen].sort(), ["config", "mistakes"]);
});
