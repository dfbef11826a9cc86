import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { suite, test } from "node:test";
import { ConfigError, readTokenSecret } from "../../src/config/index.ts";
import { APP_SECRET, least, load, mistakenNames, mistakesOf, surroundings, TOKEN_SECRET } from "./surroundings.ts";

const { GATEWAY_URL } = least;
const jwks = { GATEWAY_URL, JWT_JWKS_URL: "https://issuer.example/keys" };

test("Redis without a sealing key is refused, whatever its address", () => {
  for (const url of ["redis://localhost", "rediss://cache.example:6380/2"]) {
    assert.deepEqual(mistakenNames({ ...least, SESSION_STORE_URL: url }), ["SESSION_KEYS"]);
    const [mistake] = mistakesOf({ ...least, SESSION_STORE_URL: url });
    assert.match(
      mistake?.message ?? "",
      /^is required with Redis, the same for all instances\. Make a key: echo "SESSION_KEYS=/,
    );
  }
  const SESSION_KEYS = randomBytes(32).toString("base64");
  assert.equal(load({ ...least, SESSION_STORE_URL: "redis://localhost", SESSION_KEYS }).store.kind, "redis");
});

test("a store's address that cannot be meant is told with all else that is wrong, its files too, and never said back", () => {
  const SESSION_KEYS = randomBytes(32).toString("base64");
  const cases: readonly (readonly [url: string, why: RegExp])[] = [
    ["sqlite:data/", /names a folder, and not a file in it/],
    ["sqlite:~/sessions.db", /begins with ~, which is no home outside a shell/],
    ["redis://a:1,b:2", /names several hosts: say \?cluster or \?sentinel=NAME/],
    ["redis://a:1,b:2?sentinel=", /needs the master's name/],
    ["redis://a:1/3?cluster", /neither sentinels nor a database/],
    ["redis://a:99999", /has a host that is not of the form HOST:PORT/],
    ["redis://mArKeD:%zz@a:1", /a user or password that is not percent-encoded/],
    ["redis://a:1?mArKeD=1", /has a parameter that is not/],
    ["rediss://a:1?cert=/c.pem", /needs cert and key together/],
    ["rediss://a:1?ca=/nowhere.pem", /^ca: names a file that does not exist$/],
    ["rediss://a:1?ca=/text", /^ca: holds no PEM certificate$/],
    ["rediss://a:1?cert=/text&key=/text", /^cert: holds no PEM certificate$/],
  ];
  for (const [SESSION_STORE_URL, why] of cases) {
    const mistakes = mistakesOf({ ...least, SESSION_STORE_URL, SESSION_KEYS, PORT: "x" }, { "/text": "hello" });
    assert.deepEqual(mistakes.map(({ name }) => name).sort(), ["PORT", "SESSION_STORE_URL"], SESSION_STORE_URL);
    assert.match(mistakes.find(({ name }) => name === "SESSION_STORE_URL")?.message ?? "", why, SESSION_STORE_URL);
    assert.doesNotMatch(JSON.stringify(mistakes), /mArKeD|nowhere/);
  }
});

test("symmetric and asymmetric algorithms are never mixed", () => {
  assert.deepEqual(mistakesOf({ ...jwks, JWT_ALGORITHMS: "RS256,HS256" }), [
    { name: "JWT_ALGORITHMS", message: "must not mix symmetric (HS) and asymmetric algorithms" },
  ]);
});

test("an algorithm has to fit the kind of key", () => {
  assert.deepEqual(mistakenNames({ ...jwks, JWT_ALGORITHMS: "HS256" }), ["JWT_ALGORITHMS"]);
  assert.deepEqual(mistakenNames({ GATEWAY_URL, JWT_SECRET: APP_SECRET, JWT_ALGORITHMS: "ES256" }), ["JWT_ALGORITHMS"]);
  assert.deepEqual(mistakenNames(jwks), ["JWT_ALGORITHMS"], "there is no default that fits any key");
  assert.equal(load({ ...jwks, JWT_ALGORITHMS: "ES256,PS256" }).tokens.app?.keys.kind, "jwks");
});

test("an issuer has one kind of key", () => {
  const both = { ...jwks, JWT_ALGORITHMS: "RS256", JWT_SECRET: APP_SECRET };
  assert.ok(mistakenNames(both).includes("JWT_SECRET, JWT_JWKS_URL"));
});

suite("A secret of the service's own", () => {
  const kept = "/site/data/sessions.db.token-secret";
  const SESSION_KEYS = randomBytes(32).toString("base64");

  test("is made beside an sqlite file where nobody else can be meant to issue tokens", () => {
    for (const environment of [{ GATEWAY_URL }, { GATEWAY_URL, TOKEN_SECRET: "", TOKEN_SECRET_FILE: " " }]) {
      const { tokens } = load(environment);
      assert.deepEqual([tokens.ownSecrets, tokens.ownSecretFile], [null, kept]);
    }
    assert.equal(load({ GATEWAY_URL, SESSION_STORE_URL: "sqlite:/var/s" }).tokens.ownSecretFile, "/var/s.token-secret");
    assert.equal(load(least).tokens.ownSecretFile, null, "TOKEN_SECRET is set");
    const issued = load({ GATEWAY_URL, JWT_SECRET: APP_SECRET }).tokens;
    assert.deepEqual([issued.ownSecrets, issued.ownSecretFile], [null, null]);
  });

  test("is not made where a variable says that an issuer is meant, however it is written and whatever it holds", () => {
    const names = ["JWT_SECRET", "JWT_SECERT", "JWT_", "jwt_secret", "JWT_ISSUER", "\ufeffJWT_JWKS_URL", "JWT_X_FILE"];
    for (const name of names) {
      for (const value of ["", " "]) {
        const message = mistakesOf({ GATEWAY_URL, [name]: value }).find(({ name }) => name === "TOKEN_SECRET")?.message;
        assert.match(
          message ?? "",
          / means an issuer .*JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL/,
          `${name}=${value}`,
        );
        const inFile = mistakenNames({ GATEWAY_URL }, { "/site/.env": `${name}=${value}\n` });
        assert.deepEqual(inFile, ["TOKEN_SECRET"], `${name}=${value} in .env`);
      }
      assert.ok(mistakenNames({ GATEWAY_URL, [name]: "something" }).length > 0, name);
    }
  });

  test("is not made with Redis or in memory: the start says how to make one", () => {
    for (const SESSION_STORE_URL of ["memory:", "redis://localhost"]) {
      const mistakes = mistakesOf({ GATEWAY_URL, SESSION_STORE_URL, SESSION_KEYS });
      assert.deepEqual(
        mistakes.map(({ name }) => name),
        ["TOKEN_SECRET"],
      );
      assert.match(mistakes[0]?.message ?? "", /openssl rand -base64 32/);
    }
  });

  test("that is kept is what `npm run token` signs with, the newest of several", () => {
    const files = { [kept]: `${TOKEN_SECRET}\n${"o".repeat(32)}\n` };
    assert.equal(readTokenSecret({}, surroundings(files)), TOKEN_SECRET);
    assert.equal(readTokenSecret({ GATEWAY_URL, TOKEN_SECRET: "n".repeat(32) }, surroundings(files)), "n".repeat(32));
    for (const environment of [
      { JWT_SECRET: "" },
      { SESSION_STORE_URL: "memory:" },
      { SESSION_STORE_URL: "nonsense" },
    ]) {
      assert.throws(() => readTokenSecret(environment, surroundings(files)), ConfigError);
    }
    for (const text of ["", "short\n", `${TOKEN_SECRET}\nshort\n`]) {
      assert.throws(() => readTokenSecret({}, surroundings({ [kept]: text })), /sessions\.db\.token-secret/);
    }
  });
});

test("the service and the app's issuer never share a secret", () => {
  const JWT_SECRET = `${APP_SECRET},${TOKEN_SECRET}`;
  assert.deepEqual(mistakenNames({ ...least, JWT_SECRET }), ["TOKEN_SECRET"]);
  assert.equal(load({ ...least, JWT_SECRET: APP_SECRET }).tokens.ownSecrets?.[0], TOKEN_SECRET);
});

test("metrics have a port of their own or none", () => {
  assert.deepEqual(mistakenNames({ ...least, METRICS_PORT: "3000" }), ["METRICS_PORT"]);
  assert.equal(load({ ...least, PORT: "0", METRICS_PORT: "0" }).http.metricsPort, 0);
});

test("an idle time above the maximum is refused, and a default one shortened", () => {
  assert.deepEqual(mistakenNames({ ...least, SESSION_IDLE_MS: "2000", SESSION_MAX_MS: "1000" }), ["SESSION_IDLE_MS"]);
  assert.equal(load({ ...least, SESSION_MAX_MS: "1000" }).sessions.idleMs, 1000);
});

test("what is allowed but doubtful is said", () => {
  const warned = (environment: Record<string, string>) => load({ ...least, ...environment }).warnings.join("\n");
  assert.equal(warned({}), "");
  assert.equal(warned({ GATEWAY_URL: "http://127.0.0.1:8080" }), "");
  assert.match(warned({ GATEWAY_URL: "http://gateway.example" }), /GATEWAY_URL is not https/);
  assert.match(warned({ JWT_AUDIENCE: "conferences" }), /JWT_AUDIENCE has no effect/);
  assert.match(warned({ KEEP_ALIVE_INTERVAL_MS: "50" }), /KEEP_ALIVE_INTERVAL_MS/);
});
