import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { bytesOf, VerifiedTokens } from "../../src/tokens/verified-tokens.ts";
import { aSubject } from "../support/names.ts";
import { appConfig, assertRefused, goodPayload, hmacToken, noon, seconds, service, verifierFor } from "./forge.ts";

const timed = (expiresAt: number) => ({
  claims: { issuer: "app", subject: aSubject("s"), sessionId: null, scopes: new Set<string>(), expiresAt } as const,
  notBefore: 0,
});

suite("A token that was verified before", () => {
  test("gives the same claims again without being checked anew", async () => {
    const verifier = verifierFor(appConfig());
    const token = hmacToken(goodPayload);
    assert.equal(await verifier.verify(token), await verifier.verify(token));
  });

  test("is expired at its `exp` all the same, and good again when the clock is set back", async () => {
    let now = noon;
    const verifier = verifierFor(appConfig(), () => now);
    const token = hmacToken({ ...goodPayload, exp: seconds(noon) + 10 });
    await verifier.verify(token);
    now = noon + 9_999;
    await verifier.verify(token);
    now = noon + 10_000;
    await assertRefused(verifier, token, "token-expired");
    now = noon;
    await verifier.verify(token);
  });

  test("is not valid yet when the clock is set back before its `nbf`", async () => {
    let now = noon;
    const verifier = verifierFor(appConfig(), () => now);
    const token = hmacToken({ ...goodPayload, nbf: seconds(noon) });
    await verifier.verify(token);
    now = noon - 1;
    await assertRefused(verifier, token);
  });

  test("does not make a copy with another signature good", async () => {
    const verifier = verifierFor(appConfig());
    const token = hmacToken(goodPayload);
    await verifier.verify(token);
    await assertRefused(verifier, `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`);
  });

  test("cannot have its claims changed by whoever got them", async () => {
    const claims = await verifierFor(appConfig()).verify(hmacToken(goodPayload));
    assert.ok(Object.isFrozen(claims));
  });

  test("a clock that stands at the beginning of time is not taken for no clock", async () => {
    const verifier = verifierFor(appConfig(), () => 0);
    assert.equal((await verifier.verify(hmacToken({ ...goodPayload, exp: 1 }))).expiresAt, 1000);
    await assertRefused(verifier, hmacToken({ ...goodPayload, nbf: 1 }));
  });
});

suite("The memory of verified tokens", () => {
  test("stays bounded, whatever comes", () => {
    const memory = new VerifiedTokens(100 * bytesOf(timed(1)));
    for (let index = 0; index < 10_000; index++) {
      memory.set(`token ${index}`, timed(index));
      assert.ok(memory.size <= 100);
    }
    assert.ok(memory.size >= 50);
  });

  test("keeps what is in use while others come and go", () => {
    const memory = new VerifiedTokens(100 * bytesOf(timed(1)));
    const entry = timed(1);
    memory.set("in use", entry);
    for (let index = 0; index < 1_000; index++) {
      memory.set(`token ${index}`, timed(index));
      assert.equal(memory.get("in use"), entry);
    }
    assert.equal(memory.get("token 0"), undefined);
  });

  test("is bounded in octets: claims with many rights take the room of many", () => {
    const small = timed(1);
    const large = { ...small, claims: { ...small.claims, scopes: new Set(["r".repeat(10_000)]) } };
    const memory = new VerifiedTokens(2 * bytesOf(large));
    for (let index = 0; index < 10; index++) memory.set(`token ${index}`, large);
    assert.equal(memory.size, 2);
    assert.ok(bytesOf(large) > 10_000);
  });

  test("has room for 50,000 tokens in use", () => {
    const memory = new VerifiedTokens();
    for (let index = 0; index < 50_000; index++) memory.set(`token ${index}`, timed(index));
    assert.equal(memory.size, 50_000);
  });

  test("holds no token's text", () => {
    const token = hmacToken(goodPayload);
    const name = VerifiedTokens.nameOf(token);
    assert.equal(Buffer.from(name, "base64").length, 32);
    assert.ok(!token.includes(name) && !name.includes(token.slice(-20)));
  });

  test("a verifier with room for few is as right as one with room for many", async () => {
    const deps = { now: () => noon, rememberedBytes: 1_500 };
    const verifier = createTokenVerifier({ app: appConfig(), ownSecrets: null, ...service }, deps);
    for (let round = 0; round < 3; round++) {
      for (const sid of ["a", "b", "c", "d", "e"]) {
        assert.equal((await verifier.verify(hmacToken({ ...goodPayload, sid }))).sessionId, sid);
      }
    }
  });
});
