import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { appConfig, assertRefused, goodPayload, hmacToken, noon, seconds, service, verifierFor } from "./forge.ts";

const rightsOf = async (serviceClaims: readonly string[], claims: object) => {
  const verifier = createTokenVerifier(
    { app: appConfig(), ownSecrets: null, ...service, serviceClaims },
    { now: () => noon },
  );
  return [...(await verifier.verify(hmacToken({ ...goodPayload, ...claims }))).scopes];
};

suite("SERVICE_TOKEN_CLAIMS", () => {
  test("names the claims whose words are rights, as text or as a list", async () => {
    const usual = ["scope", "scp", "roles"];
    for (const claims of [
      { scope: "sessions:write" },
      { scope: "read sessions:write" },
      { scope: ["read", "sessions:write"] },
      { scp: "read sessions:write" },
      { scp: ["sessions:write"] },
      { roles: ["sessions:write", 7, null] },
      { roles: "sessions:write" },
      { scope: "read", scp: [], roles: ["sessions:write"] },
    ]) {
      const rights = await rightsOf(usual, claims);
      assert.ok(rights.includes("sessions:write"), JSON.stringify(claims));
    }
  });

  test("are the only ones that are looked at", async () => {
    for (const claims of [
      { scope: "sessions:write" },
      { permissions: "sessions:write" },
      { groups: ["sessions:write"] },
    ]) {
      assert.deepEqual(await rightsOf(["roles"], claims), [], JSON.stringify(claims));
    }
    assert.deepEqual(await rightsOf(["permissions"], { permissions: ["sessions:write"] }), ["sessions:write"]);
  });

  test("reach into objects, and may have dots of their own", async () => {
    const rights = { "https://api.example/rights": ["a"], realm_access: { roles: ["b"] } };
    assert.deepEqual(await rightsOf(["https://api.example/rights", "realm_access.roles"], rights), ["a", "b"]);
  });

  test("grant no right by a word that only holds the right one", async () => {
    for (const claims of [
      { scope: "sessions:writes" },
      { scope: "xsessions:write" },
      { scope: "sessions:write,read" },
      { roles: ["sessions:write read"] },
      { roles: [["sessions:write"]] },
      { roles: { "sessions:write": true } },
    ]) {
      const rights = await rightsOf(["scope", "roles"], claims);
      assert.ok(!rights.includes("sessions:write"), JSON.stringify(claims));
    }
  });
});

suite("JWT_REQUIRED_CLAIMS", () => {
  const verifier = verifierFor(
    appConfig({
      requiredClaims: new Map([
        ["token_use", ["access"]],
        ["azp", ["portal", "desk"]],
        ["session.verified", ["true"]],
      ]),
    }),
  );
  const good = { ...goodPayload, token_use: "access", azp: "desk", session: { verified: true } };

  test("lets a token through that says all of them, in one of the values that a name was given", async () => {
    await verifier.verify(hmacToken(good));
    await verifier.verify(hmacToken({ ...good, azp: "portal" }));
    await verifier.verify(hmacToken({ ...good, azp: ["other", "portal"] }));
    await verifier.verify(hmacToken({ ...good, session: undefined, "session.verified": "true" }));
  });

  test("refuses any other, and the answer names the claim and the setting, never a value", async () => {
    for (const [name, claims] of [
      ["token_use", { token_use: "id" }],
      ["token_use", { token_use: undefined }],
      ["token_use", { token_use: "access " }],
      ["token_use", { token_use: "access id" }],
      ["token_use", { token_use: { access: true } }],
      ["token_use", { token_use: [["access"]] }],
      ["azp", { azp: "" }],
      ["azp", { azp: null }],
      ["azp", { azp: "portal,desk" }],
      ["session.verified", { session: { verified: "yes" } }],
      ["session.verified", { session: [{ verified: true }] }],
    ] as const) {
      const { detail } = await assertRefused(verifier, hmacToken({ ...good, ...claims }));
      assert.match(detail, new RegExp(`\`${name}\`.*JWT_REQUIRED_CLAIMS`), JSON.stringify(claims));
      assert.doesNotMatch(detail, /portal|desk|yes/);
    }
  });

  test("asks nothing of the service's own tokens", async () => {
    const both = createTokenVerifier(
      { app: appConfig({ requiredClaims: new Map([["token_use", ["access"]]]) }), ownSecrets: [ownKey], ...service },
      { now: () => noon },
    );
    await both.verify(hmacToken({ ...goodPayload, iss: "conferences-bff" }, { key: ownKey }));
  });
});

const ownKey = "our-own-secret-that-has-over-32-bytes!";

suite("JWT_CLOCK_SKEW_MS", () => {
  const verifier = verifierFor(appConfig({ clockSkewMs: 5_000 }));

  test("lets an issuer be so far ahead, and no further", async () => {
    await verifier.verify(hmacToken({ ...goodPayload, nbf: seconds(noon) + 1 }));
    await verifier.verify(hmacToken({ ...goodPayload, nbf: seconds(noon) + 5 }));
    const { detail } = await assertRefused(verifier, hmacToken({ ...goodPayload, nbf: seconds(noon) + 5.001 }));
    assert.match(detail, /JWT_CLOCK_SKEW_MS/);
  });

  test("gives an expired token no time", async () => {
    await assertRefused(verifier, hmacToken({ ...goodPayload, exp: seconds(noon) }), "token-expired");
  });

  test("is no matter of `iat`", async () => {
    await verifier.verify(hmacToken({ ...goodPayload, iat: seconds(noon) + 600 }));
  });
});

suite("JWT_SESSION_CLAIM", () => {
  const sessionOf = async (sessionClaim: string, claims: object) =>
    (await verifierFor(appConfig({ sessionClaim })).verify(hmacToken({ ...goodPayload, sid: undefined, ...claims })))
      .sessionId;

  test("names the claim of exactly this name first, else dots reach into objects", async () => {
    assert.equal(await sessionOf("session.id", { session: { id: "a" } }), "a");
    assert.equal(await sessionOf("session.id", { session: { id: "a" }, "session.id": "b" }), "b");
    assert.equal(await sessionOf("https://app.example/session", { "https://app.example/session": "c" }), "c");
    assert.equal(await sessionOf("a.b.c", { a: { b: { c: "d" } } }), "d");
    assert.equal(await sessionOf("sub", {}), "user-1");
  });

  test("that is a safe integer names the session of its decimal text", async () => {
    assert.equal(await sessionOf("session.id", { session: { id: 4711 } }), "4711");
    assert.equal(await sessionOf("sid", { sid: 0 }), "0");
    assert.equal(await sessionOf("sid", { sid: -3 }), "-3");
    assert.equal(await sessionOf("sid", { sid: Number.MAX_SAFE_INTEGER }), "9007199254740991");
  });

  test("finds nothing in lists, texts and prototypes", async () => {
    for (const [name, claims] of [
      ["session.0", { session: ["a"] }],
      ["session.length", { session: "text" }],
      ["session.length", { session: ["text"] }],
      ["session.constructor.name", { session: {} }],
      ["constructor.name", {}],
      ["session.id", { session: null }],
      ["session.id", {}],
      [".sid", { sid: "a" }],
      ["sid.", { sid: "a" }],
    ] as const) {
      assert.equal(await sessionOf(name, claims), null, name);
    }
  });

  test("that is of another type is refused by its name and the setting", async () => {
    const verifier = verifierFor(appConfig({ sessionClaim: "session.id" }));
    for (const id of [7.5, 2 ** 53, null, true, {}, [], ""]) {
      const { detail } = await assertRefused(verifier, hmacToken({ ...goodPayload, session: { id } }));
      assert.match(detail, /`session\.id`.*JWT_SESSION_CLAIM/);
    }
  });
});
