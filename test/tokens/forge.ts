import assert from "node:assert/strict";
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { Problem } from "../../src/problems.ts";
import {
  type AppIssuerOptions,
  createTokenVerifier,
  readPublicKeys,
  TokenRefused,
  type TokenVerifier,
} from "../../src/tokens/index.ts";

/** Written by hand on node:crypto, so that it can make what no honest library would. */
export const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const secret = "an-issuer-secret-of-more-than-32-bytes";
export const ownSecret = "our-own-secret-that-has-over-32-bytes!";

/** Wednesday, 21 October 2026, in epoch milliseconds. */
export const noon = Date.UTC(2026, 9, 21, 12);
export const seconds = (ms: number): number => ms / 1000;

export const goodPayload = {
  sub: "user-1",
  sid: "session-1",
  exp: seconds(noon) + 600,
} as const;

/** An HMAC token. The payload may be any text, to be no JSON at all. */
export function hmacToken(
  payload: unknown,
  { header = {}, key = secret, hash = "sha256" }: { header?: object; key?: string | Buffer; hash?: string } = {},
): string {
  const input = `${part({ alg: "HS256", typ: "JWT", ...header })}.${part(payload)}`;
  return `${input}.${createHmac(hash, key).update(input).digest("base64url")}`;
}

/** A token signed with RSASSA-PKCS1-v1_5 or, for an EC key, ECDSA; SHA-256. */
export function signedToken(payload: unknown, key: KeyObject, header: object = {}): string {
  const alg = key.asymmetricKeyType === "ec" ? "ES256" : "RS256";
  const input = `${part({ alg, typ: "JWT", ...header })}.${part(payload)}`;
  const signature = createSign("sha256").update(input).sign({ key, dsaEncoding: "ieee-p1363" }, "base64url");
  return `${input}.${signature}`;
}

export const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const smallRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
export const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

export const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();

export function appConfig(app: Partial<AppIssuerOptions> = {}): AppIssuerOptions {
  return {
    algorithms: ["HS256"],
    keys: { kind: "secrets", secrets: [secret] },
    issuer: null,
    audience: null,
    sessionClaim: "sid",
    requiredClaims: new Map(),
    clockSkewMs: 0,
    ...app,
  };
}

/** The keys of a PEM file that a configuration may name. */
export function publicKeys(pem: string): AppIssuerOptions["keys"] {
  const read = readPublicKeys(pem);
  assert.ok("keys" in read);
  return { kind: "public-keys", keys: read.keys };
}

export function publicKeyConfig(key: KeyObject, algorithms: AppIssuerOptions["algorithms"]): AppIssuerOptions {
  return appConfig({ algorithms, keys: publicKeys(pemOf(key)) });
}

/** What opens `/sessions`, as it is without a setting. */
export const service = {
  ownSecretFile: null,
  serviceScope: "sessions:write",
  serviceClaims: ["scope", "scp", "roles"],
} as const;

/** A verifier for the outside issuer alone, whose clock stands at noon unless another is given. */
export function verifierFor(app: AppIssuerOptions, now: () => number = () => noon): TokenVerifier {
  return createTokenVerifier({ app, ownSecrets: null, ...service }, { now });
}

/** Asserts that the token is refused with this problem, and that neither the answer nor the log can quote the token. */
export async function assertRefused(
  verifier: TokenVerifier,
  token: string,
  code: "token-invalid" | "token-expired" | "keys-unavailable" = "token-invalid",
): Promise<Problem> {
  try {
    await verifier.verify(token);
  } catch (error) {
    assert.ok(error instanceof Problem, `a problem, not ${error}`);
    assert.equal(error.code, code, error.detail);
    assert.equal(error.status, code === "keys-unavailable" ? 503 : 401);
    if (code !== "keys-unavailable") {
      assert.ok(error.cause instanceof TokenRefused, `${error.cause}`);
      assert.match(error.cause.code, /^TOKEN_[A-Z]+$/);
    }
    return error;
  }
  assert.fail("the token was accepted");
}
