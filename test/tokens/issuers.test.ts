import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, suite, test } from "node:test";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Problem } from "../../src/problems.ts";
import { createTokenVerifier, TokenRefused, type TokenVerifier } from "../../src/tokens/index.ts";
import { least, load } from "../config/surroundings.ts";
import { type IssuerShape, issuerShapes } from "./issuer-shapes.ts";

const page = readFileSync(new URL("../../docs/issuers.md", import.meta.url), "utf8");
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text]),
);

/** The settings as the page has them. */
function settingsOf(heading: string): Record<string, string> {
  const [, block] = /```ini\n([\s\S]*?)```/.exec(sections.get(heading) ?? "") ?? [];
  assert.ok(block !== undefined, `the page has no settings for ${heading}`);
  const lines = block.trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

const { GATEWAY_URL } = least;
const { privateKey, publicKey } = await generateKeyPair("RS256");
const kid = "an+issuers/key=";
const key = await exportJWK(publicKey);
assert.equal(createPublicKey({ key: key as never, format: "jwk" }).asymmetricKeyDetails?.modulusLength, 2048);

/** With exactly these settings; the key set is asked for where they say. */
function verifierWith(settings: Record<string, string>, { jwk, otherKeys = [] }: IssuerShape) {
  const config = load({ GATEWAY_URL, ...settings });
  assert.deepEqual(config.warnings, []);
  const set = JSON.stringify({ keys: [...otherKeys, { ...key, ...jwk, kid }] });
  const fetchKeySet = async (url: string) => {
    assert.equal(url, settings.JWT_JWKS_URL);
    return new Response(set) as never;
  };
  const verifier = createTokenVerifier(config.tokens, { now: Date.now, fetchKeySet });
  after(() => verifier.close());
  return { verifier, serviceScope: config.tokens.serviceScope };
}

const signed = ({ header }: IssuerShape, payload: JWTPayload): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ ...header, alg: "RS256", kid }).sign(privateKey);

async function checkNotPassed(verifier: TokenVerifier, token: string): Promise<string> {
  try {
    await verifier.verify(token);
  } catch (error) {
    return error instanceof Problem && error.cause instanceof TokenRefused ? error.cause.code : String(error);
  }
  return "accepted";
}

for (const shape of issuerShapes) {
  suite(`With the settings of the page for ${shape.heading}`, () => {
    const settings = settingsOf(shape.heading);
    const { verifier, serviceScope } = verifierWith(settings, shape);

    test("a user's access token names user and session, and the next one of the same sign-in the same", async () => {
      for (const claims of [shape.user, { ...shape.user, ...shape.refreshed }]) {
        const { subject, sessionId, scopes, issuer } = await verifier.verify(await signed(shape, claims));
        assert.deepEqual([issuer, subject, sessionId], ["app", shape.user.sub, shape.session]);
        assert.ok(!scopes.has(serviceScope));
      }
    });

    test("a backend's access token opens /sessions", async () => {
      const { scopes, subject } = await verifier.verify(await signed(shape, shape.service));
      assert.ok(scopes.has(serviceScope), [...scopes].join());
      assert.equal(subject, shape.service.sub);
    });

    for (const [what, [claims, check]] of Object.entries(shape.others)) {
      test(`${what} is refused`, async () => {
        assert.equal(await checkNotPassed(verifier, await signed(shape, claims)), check);
      });
    }

    test("where its session's claim is missing, the subject stands for the session if that is chosen", async () => {
      const claim = settings.JWT_SESSION_CLAIM ?? "sid";
      const token = await signed(shape, claim === "sub" ? shape.user : { ...shape.user, [claim]: undefined });
      const chosen = verifierWith({ ...settings, JWT_SESSION_CLAIM: "sub" }, shape).verifier;
      assert.equal((await chosen.verify(token)).sessionId, shape.user.sub);
      if (claim !== "sub") assert.equal((await verifier.verify(token)).sessionId, null);
    });
  });
}

test("The page's table says what its settings say of the session and of the right", () => {
  for (const { heading } of issuerShapes) {
    const settings = settingsOf(heading);
    const row = page.split("\n").find((line) => line.startsWith(`| [${heading}]`)) ?? "";
    const [, , session = "", , right = ""] = row.split("|");
    const claim = settings.JWT_SESSION_CLAIM ?? "sid";
    assert.ok(session.includes(`\`${claim}\``) || (heading === "Auth0" && claim.startsWith("https://")), row);
    const claims = (settings.SERVICE_TOKEN_CLAIMS ?? "scope,scp,roles").split(",");
    assert.ok(
      claims.some((name) => right.includes(`\`${name}\``)),
      row,
    );
  }
});
