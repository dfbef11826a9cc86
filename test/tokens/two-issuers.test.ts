import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createTokenIssuer, createTokenVerifier, type TokenOptions } from "../../src/tokens/index.ts";
import { readClaims } from "../../src/tokens/reading-claims.ts";
import {
  appConfig,
  assertRefused,
  goodPayload,
  hmacToken,
  noon,
  ownSecret,
  seconds,
  secret,
  service,
} from "./forge.ts";

const now = () => noon;
const issuer = createTokenIssuer(ownSecret, { now });
const ownToken = issuer.issue({ subject: "1201", sessionId: "device-1", expiresAt: noon + 60_000 });

const verifier = (config: Partial<TokenOptions>) =>
  createTokenVerifier({ app: null, ownSecrets: null, ...service, ...config }, { now });

suite("With an outside issuer and tokens of its own", () => {
  const both = verifier({
    app: appConfig({ algorithms: ["HS256", "HS512"], sessionClaim: "device" }),
    ownSecrets: [ownSecret],
  });

  test("each token is known by whom it comes from", async () => {
    const own = await both.verify(ownToken);
    assert.deepEqual([own.issuer, own.subject, own.sessionId], ["own", "1201", "device-1"]);
    const app = await both.verify(hmacToken({ ...goodPayload, device: "tab-1" }));
    assert.deepEqual([app.issuer, app.sessionId], ["app", "tab-1"]);
  });

  test("the outside issuer's key cannot make a token of the service", async () => {
    await assertRefused(both, hmacToken({ ...goodPayload, iss: "conferences-bff" }));
    await assertRefused(both, hmacToken({ ...goodPayload, iss: "conferences-bff" }, { header: { kid: "app" } }));
  });

  test("a signed payload is read as its key's issuer alone, however it was chosen", () => {
    const mine = { ...goodPayload, iss: "conferences-bff" };
    const rules = {
      ...{ issuer: null, audience: null, sessionClaim: "sid", clockSkewMs: 0 },
      ...{ rightsClaims: ["scope"], requiredClaims: new Map() },
    };
    assert.throws(() => readClaims(mine, { ...rules, name: "app" }), /issuer is not accepted/);
    assert.throws(() => readClaims(goodPayload, { ...rules, name: "own" }), /issuer is not accepted/);
    assert.equal(readClaims(mine, { ...rules, name: "own" }).claims.issuer, "own");
  });

  test("nor can the service's own key make one of the outside issuer", async () => {
    for (const iss of [undefined, "", "another", "Conferences-BFF", ["conferences-bff"], null]) {
      await assertRefused(both, hmacToken({ ...goodPayload, iss }, { key: ownSecret }));
    }
  });

  test("the service's own tokens are HS256, whatever the outside issuer may use", async () => {
    const payload = { ...goodPayload, iss: "conferences-bff" };
    await both.verify(hmacToken(payload, { key: ownSecret }));
    await assertRefused(both, hmacToken(payload, { key: ownSecret, header: { alg: "HS512" }, hash: "sha512" }));
  });

  test("the service's own session claim is always `sid`", async () => {
    const payload = { iss: "conferences-bff", sub: "1201", device: "tab-1", exp: goodPayload.exp };
    assert.equal((await both.verify(hmacToken(payload, { key: ownSecret }))).sessionId, null);
  });
});

suite("With one issuer alone", () => {
  test("the outside one cannot call itself by the service's name, even where that is configured", async () => {
    for (const issuerName of [null, "conferences-bff"]) {
      const app = verifier({ app: appConfig({ issuer: issuerName }) });
      await assertRefused(app, hmacToken({ ...goodPayload, iss: "conferences-bff" }));
      await assertRefused(app, ownToken);
    }
  });

  test("the service's own tokens are accepted and all others refused", async () => {
    const own = verifier({ ownSecrets: [ownSecret] });
    await own.verify(ownToken);
    await assertRefused(own, hmacToken(goodPayload));
    await assertRefused(own, hmacToken(goodPayload, { key: ownSecret }));
    await assertRefused(own, hmacToken({ ...goodPayload, iss: "conferences-bff" }, { key: secret }));
  });

  test("no issuer at all accepts nothing", async () => {
    await assertRefused(verifier({}), ownToken);
    await assertRefused(verifier({}), hmacToken(goodPayload));
  });

  test("the service's own tokens are accepted with each of its secrets while they rotate, and with no other", async () => {
    const next = "our-next-secret-that-has-over-32-bytes";
    const rotating = verifier({ ownSecrets: [next, ownSecret] });
    await rotating.verify(ownToken);
    await rotating.verify(createTokenIssuer(next, { now }).issue({ subject: "1201", expiresAt: noon + 60_000 }));
    await assertRefused(verifier({ ownSecrets: [next] }), ownToken);
  });
});

suite("A token that the service issues", () => {
  const own = verifier({ ownSecrets: [ownSecret] });

  test("expires at the whole second before the moment asked for", async () => {
    const token = issuer.issue({ subject: "1201", expiresAt: noon + 1_999 });
    assert.equal((await own.verify(token)).expiresAt, noon + 1_000);
  });

  test("names session and scope only when it is given them", async () => {
    const bare = await own.verify(issuer.issue({ subject: "1201", expiresAt: noon + 60_000 }));
    assert.deepEqual([bare.sessionId, [...bare.scopes]], [null, []]);
    const full = issuer.issue({
      subject: "backend",
      sessionId: "s",
      scope: "a sessions:write",
      expiresAt: noon + 60_000,
    });
    const { sessionId, scopes } = await own.verify(full);
    assert.deepEqual([sessionId, [...scopes]], ["s", ["a", "sessions:write"]]);
  });

  test("says when and by whom it was issued", () => {
    const payload: unknown = JSON.parse(Buffer.from(ownToken.split(".")[1] ?? "", "base64url").toString());
    assert.deepEqual(payload, {
      iss: "conferences-bff",
      sub: "1201",
      sid: "device-1",
      iat: seconds(noon),
      exp: seconds(noon) + 60,
    });
  });
});
