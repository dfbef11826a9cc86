import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { APP_SECRET, least, load, mistakenNames, mistakesOf, TOKEN_SECRET } from "./surroundings.ts";

const { GATEWAY_URL } = least;
const jwks = { GATEWAY_URL, JWT_JWKS_URL: "https://issuer.example/keys" };

test("Redis without a sealing key is refused, whatever its address", () => {
  for (const url of ["redis://localhost", "rediss://cache.example:6380/2"]) {
    assert.deepEqual(mistakenNames({ ...least, SESSION_STORE_URL: url }), ["SESSION_KEYS"]);
  }
  const SESSION_KEYS = randomBytes(32).toString("base64");
  assert.equal(load({ ...least, SESSION_STORE_URL: "redis://localhost", SESSION_KEYS }).store.kind, "redis");
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

test("without any key nobody could have a token", () => {
  assert.deepEqual(mistakenNames({ GATEWAY_URL }), ["TOKEN_SECRET"]);
  assert.deepEqual(mistakenNames({ GATEWAY_URL, TOKEN_SECRET: "", JWT_SECRET: "" }), ["TOKEN_SECRET"]);
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
