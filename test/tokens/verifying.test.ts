import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { suite, test } from "node:test";
import { SignJWT } from "jose";
import jwt from "jsonwebtoken";
import type { Algorithm } from "../../src/tokens/index.ts";
import {
  appConfig,
  assertRefused,
  ec,
  goodPayload,
  hmacToken,
  noon,
  otherRsa,
  pemOf,
  publicKeyConfig,
  publicKeys,
  rsa,
  seconds,
  secret,
  signedToken,
  verifierFor,
} from "./forge.ts";

suite("A token of the app's issuer", () => {
  test("is known by its session claim, subject, scopes and expiry", () => {
    const claims = verifierFor(appConfig()).verify(hmacToken({ ...goodPayload, scope: "sessions:write  read" }));
    assert.deepEqual(claims, {
      issuer: "app",
      subject: "user-1",
      sessionId: "session-1",
      scopes: new Set(["sessions:write", "read"]),
      expiresAt: noon + 600_000,
    });
  });

  test("is checked without a promise when the key is at hand", () => {
    assert.ok(!(verifierFor(appConfig()).verify(hmacToken(goodPayload)) instanceof Promise));
  });

  test("may leave the session claim out, as a service token does", async () => {
    const { sessionId, scopes } = await verifierFor(appConfig()).verify(
      hmacToken({ sub: "backend", exp: goodPayload.exp }),
    );
    assert.equal(sessionId, null);
    assert.equal(scopes.size, 0);
  });

  test("names its session in the claim that is configured", async () => {
    const verifier = verifierFor(appConfig({ sessionClaim: "https://app.example/session" }));
    const claims = await verifier.verify(hmacToken({ ...goodPayload, "https://app.example/session": "device-7" }));
    assert.equal(claims.sessionId, "device-7");
  });

  test("may expire at a fraction of a second", async () => {
    const claims = await verifierFor(appConfig()).verify(hmacToken({ ...goodPayload, exp: seconds(noon) + 0.5 }));
    assert.equal(claims.expiresAt, noon + 500);
  });

  test("may have an expiry past every date, which still can be written as one", async () => {
    const claims = await verifierFor(appConfig()).verify(hmacToken({ ...goodPayload, exp: 1e300 }));
    assert.doesNotThrow(() => new Date(claims.expiresAt).toISOString());
  });

  const rsaPss = generateKeyPairSync("rsa-pss", {
    modulusLength: 2048,
    hashAlgorithm: "sha256",
    mgf1HashAlgorithm: "sha256",
  });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const ed25519 = generateKeyPairSync("ed25519");
  const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
  const signers: readonly (readonly [Algorithm, { privateKey: KeyObject; publicKey: KeyObject }])[] = [
    ["RS256", rsa],
    ["RS384", rsa],
    ["RS512", rsa],
    ["PS256", rsa],
    ["PS384", rsa],
    ["PS512", rsa],
    ["PS256", rsaPss],
    ["ES256", ec],
    ["ES384", p384],
    ["ES512", p521],
    ["EdDSA", ed25519],
    ["Ed25519", ed25519],
  ];
  for (const [algorithm, { privateKey, publicKey }] of signers) {
    test(`is accepted with ${algorithm} and a key of type ${publicKey.asymmetricKeyType}`, async () => {
      const verifier = verifierFor(publicKeyConfig(publicKey, [algorithm]));
      const token =
        algorithm === "EdDSA" || algorithm === "Ed25519"
          ? await new SignJWT(goodPayload).setProtectedHeader({ alg: algorithm }).sign(privateKey)
          : jwt.sign(goodPayload, privateKey, { algorithm });
      assert.equal((await verifier.verify(token)).subject, "user-1");
    });
  }
  for (const algorithm of ["HS256", "HS384", "HS512"] as const) {
    test(`is accepted with ${algorithm} and a shared secret`, async () => {
      const verifier = verifierFor(appConfig({ algorithms: [algorithm] }));
      assert.equal((await verifier.verify(jwt.sign(goodPayload, secret, { algorithm }))).subject, "user-1");
    });
  }

  test("is accepted with each of several secrets while they rotate, and with no other", async () => {
    const next = "the-next-secret-of-more-than-32-bytes";
    const verifier = verifierFor(appConfig({ keys: { kind: "secrets", secrets: [next, secret] } }));
    await verifier.verify(hmacToken(goodPayload, { key: next }));
    await verifier.verify(hmacToken(goodPayload));
    await assertRefused(verifier, hmacToken(goodPayload, { key: "a-secret-that-has-gone-out-of-the-list" }));
  });

  test("that the second secret signed is told its own fault, not the first secret's", async () => {
    const keys = { kind: "secrets", secrets: ["the-next-secret-of-more-than-32-bytes", secret] } as const;
    const verifier = verifierFor(appConfig({ keys, audience: "conferences" }));
    await assertRefused(verifier, hmacToken({ ...goodPayload, exp: seconds(noon) }), "token-expired");
    const { detail } = await assertRefused(verifier, hmacToken({ ...goodPayload, aud: "another" }));
    assert.match(detail, /audience/);
  });

  test("is accepted with each public key of a PEM file", async () => {
    const pem = pemOf(otherRsa.publicKey) + pemOf(rsa.publicKey);
    const verifier = verifierFor(appConfig({ algorithms: ["RS256"], keys: publicKeys(pem) }));
    await verifier.verify(signedToken(goodPayload, rsa.privateKey));
    await verifier.verify(signedToken(goodPayload, otherRsa.privateKey));
  });

  test("is accepted until its last millisecond and is expired from then on", async () => {
    const token = hmacToken({ ...goodPayload, exp: seconds(noon) });
    await verifierFor(appConfig(), () => noon - 1).verify(token);
    await assertRefused(
      verifierFor(appConfig(), () => noon),
      token,
      "token-expired",
    );
  });

  test("is refused before its `nbf` and accepted from then on", async () => {
    const token = hmacToken({ ...goodPayload, nbf: seconds(noon) });
    await assertRefused(
      verifierFor(appConfig(), () => noon - 1),
      token,
    );
    await verifierFor(appConfig(), () => noon).verify(token);
  });

  test("has to come from the issuer and be for the audience, where they are set", async () => {
    const verifier = verifierFor(appConfig({ issuer: "https://issuer.example", audience: "conferences" }));
    const good = { ...goodPayload, iss: "https://issuer.example", aud: "conferences" };
    await verifier.verify(hmacToken(good));
    await verifier.verify(hmacToken({ ...good, aud: ["another", "conferences"] }));
    for (const wrong of [
      { iss: undefined },
      { iss: "https://issuer.example/" },
      { iss: ["https://issuer.example"] },
      { aud: undefined },
      { aud: "conference" },
      { aud: [] },
      { aud: [["conferences"]] },
      { aud: { 0: "conferences", length: 1 } },
    ]) {
      const { detail } = await assertRefused(verifier, hmacToken({ ...good, ...wrong }));
      assert.doesNotMatch(detail, /issuer\.example|"?conferences"?$/);
    }
  });
});
