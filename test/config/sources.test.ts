import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError, isSecret, loadConfig, readTokenSecret, settingNames } from "../../src/config/index.ts";
import { APP_SECRET, least, load, mistakenNames, mistakesOf, surroundings, TOKEN_SECRET } from "./surroundings.ts";

const { GATEWAY_URL } = least;

test("the environment wins over .env, name by name", () => {
  const files = { "/site/.env": `PORT=4000\nHOST=127.0.0.1\nTOKEN_SECRET=${TOKEN_SECRET}\n# PORT=1\n` };
  const { http, tokens } = load({ GATEWAY_URL, PORT: "5000", HOST: "" }, files);
  assert.deepEqual([http.port, http.host, tokens.ownSecrets?.[0]], [5000, "127.0.0.1", TOKEN_SECRET]);
});

test("a secret's file in the environment wins over its value in .env", () => {
  const files = { "/site/.env": `TOKEN_SECRET=${"o".repeat(32)}\n`, "/run/token": TOKEN_SECRET };
  assert.equal(load({ GATEWAY_URL, TOKEN_SECRET_FILE: "/run/token" }, files).tokens.ownSecrets?.[0], TOKEN_SECRET);
});

test("a .env that cannot be read is a mistake, a missing one is not", () => {
  assert.deepEqual(mistakenNames(least, { "/site/.env": { error: "EACCES" } }), [".env"]);
  assert.equal(load(least).http.port, 3000);
});

test("every secret may come from a file, without its last line break", () => {
  const secrets = settingNames.filter(isSecret);
  assert.deepEqual(secrets.toSorted(), [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "JWT_SECRET",
    "SESSION_KEYS",
    "SESSION_STORE_URL",
    "TOKEN_SECRET",
  ]);
  const sealingKey = Buffer.alloc(32, 7).toString("base64");
  const config = load(
    {
      GATEWAY_URL,
      JWT_SECRET_FILE: "secrets/app",
      TOKEN_SECRET_FILE: "/run/token",
      SESSION_KEYS_FILE: "/run/keys",
      SESSION_STORE_URL_FILE: "/run/store",
    },
    {
      "/site/secrets/app": `${APP_SECRET}\n`,
      "/run/token": `${TOKEN_SECRET}\r\n`,
      "/run/keys": `${sealingKey}\n`,
      "/run/store": "redis://:password@redis.example",
    },
  );
  assert.deepEqual(config.tokens.app?.keys, { kind: "secrets", secrets: [APP_SECRET] });
  assert.equal(config.tokens.ownSecrets?.[0], TOKEN_SECRET);
  assert.deepEqual(config.store.keys, [new Uint8Array(32).fill(7)]);
  assert.equal(config.store.url, "redis://:password@redis.example");
});

test("a secret that is given twice, or in a file that is missing, unreadable or empty, is a mistake of its own", () => {
  const file = { GATEWAY_URL, TOKEN_SECRET_FILE: "/run/token" };
  assert.deepEqual(mistakenNames({ ...file, TOKEN_SECRET }, { "/run/token": TOKEN_SECRET }), ["TOKEN_SECRET"]);
  for (const content of [{ error: "ENOENT" }, { error: "EACCES" }, { error: "EISDIR" }, "", "\n"]) {
    assert.deepEqual(mistakenNames(file, { "/run/token": content }), ["TOKEN_SECRET_FILE"], "not also as missing");
  }
});

test("all mistakes are reported together", () => {
  const names = mistakenNames({ PORT: "x", LOG_LEVEL: "loud", SESSION_KEYS: "short", GATEWAY_CA_FILE: "none.pem" });
  assert.deepEqual(names.toSorted(), ["GATEWAY_CA_FILE", "GATEWAY_URL", "LOG_LEVEL", "PORT", "SESSION_KEYS"]);
});

test("no value reaches a report, whichever variable it was put in", () => {
  const marked = "mArKeD \u0000 value";
  for (const name of settingNames) {
    for (const key of isSecret(name) ? [name, `${name}_FILE`] : [name]) {
      const mistakes = mistakesOf({ ...least, [name]: undefined, [key]: marked });
      assert.ok(!JSON.stringify(mistakes).includes("mArKeD"), key);
      assert.ok(!new ConfigError(mistakes).message.includes("mArKeD"), key);
    }
  }
});

test("a misspelt name is a warning, and everybody else's variables are none", () => {
  const { warnings } = load({ ...least, GATEWAY_TIMEOUT: "1", SESSION_KEY: "", PATH: "/bin", NODE_ENV: "production" });
  assert.deepEqual(warnings, ["GATEWAY_TIMEOUT is not a setting of this service: a misspelt name?"]);
});

test("a name that is gone is told so, and is not called misspelt", () => {
  const { warnings } = load({ ...least, GATEWAY_AUTH_MODE: "static" });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^GATEWAY_AUTH_MODE is no setting any more/);
});

test("the configuration cannot be changed", () => {
  const config = load({ ...least, CORS_ORIGINS: "https://app.example" });
  const frozen = [config, config.http, config.http.corsOrigins, config.gateway.signInFields, config.gateway.retcodes];
  for (const part of frozen) assert.ok(Object.isFrozen(part));
  assert.ok(Object.isFrozen(config.gateway.retcodes.get("000-003")));
  assert.throws(() => (config.gateway.retcodes as Map<string, unknown>).set("000-000", {}), TypeError);
});

test("a token's secret can be read without a gateway", () => {
  const none = surroundings();
  assert.equal(readTokenSecret({ TOKEN_SECRET }, none), TOKEN_SECRET);
  assert.equal(readTokenSecret({}, surroundings({ "/site/.env": `TOKEN_SECRET=${TOKEN_SECRET}` })), TOKEN_SECRET);
  for (const environment of [{}, { TOKEN_SECRET: "short" }, { TOKEN_SECRET_FILE: "/none" }]) {
    assert.throws(() => readTokenSecret(environment, none), ConfigError);
  }
});

test("paths are relative to the working directory, the tables are found from anywhere", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-config-"));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, ".env"), `GATEWAY_URL=${GATEWAY_URL}\nTOKEN_SECRET_FILE=token\n`);
  writeFileSync(join(directory, "token"), `${TOKEN_SECRET}\n`);
  const script = `import { loadConfig } from ${JSON.stringify(join(import.meta.dirname, "../../src/config/index.ts"))};
    const config = loadConfig({});
    console.log(JSON.stringify([config.store.path, config.gateway.retcodes.size > 0]));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: directory, encoding: "utf8" });
  assert.deepEqual(JSON.parse(run.stdout), [join(directory, "data/sessions.db"), true], run.stderr);
});

test("the shipped tables and an ordinary environment make a whole configuration", () => {
  const { warnings: _, ...config } = loadConfig(least, surroundings());
  assert.deepEqual(config.sessions, {
    idleMs: 1_800_000,
    maxMs: 43_200_000,
    keepAliveIntervalMs: 300,
    leaseMs: 30_000,
    pollHoldMs: 10_000,
    verdictMs: 4_000,
    eventsKept: 256,
  });
});
