import { Problem } from "../problems.ts";
import { OWN_ISSUER } from "./issuer.ts";
import { isPayload, type Payload } from "./named-claims.ts";
import { invalid, type TokenOrigin, TokenRefused } from "./refusal.ts";

/** A token taken apart, nothing of it proven yet. */
export interface UnverifiedToken {
  readonly text: string;
  readonly algorithm: string;
  readonly kid: string | null;
  readonly payload: Payload;
}

/** Characters. Issuers that write groups or rights into their tokens come near to it; the head of a request holds 16 KiB. */
const LONGEST_TOKEN = 12 * 1024;

/**
 * Types (`typ`, in lower case) of JWTs that issuers and clients sign for another purpose, which must not let anybody in (RFC
 * 8725 section 3.11): OpenID Connect Back-Channel Logout 1.0, RFC 9449 and RFC 8417. Any other type passes, as issuers write
 * what they like; JWT_REQUIRED_CLAIMS tells an issuer's own kinds apart.
 */
const otherPurposes: ReadonlySet<string> = new Set(["logout+jwt", "dpop+jwt", "secevent+jwt"]);

/** The compact form of RFC 7515 section 7.1, with a signature. */
const compactForm = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

/** Refuses a token by its length alone, before anything reads it. */
export function refuseOversized(token: string): void {
  if (token.length > LONGEST_TOKEN)
    throw invalid("TOKEN_LENGTH", `The token is too long: more than ${LONGEST_TOKEN} characters.`);
}

/**
 * Reads what is needed to choose the key. `jku`, `x5u`, `x5c` and `jwk` are never looked at: keys come from the
 * configuration alone. `crit` names extensions that a reader has to understand (RFC 7515 section 4.1.11); this service
 * understands none, and jsonwebtoken passes over it. `b64` would change what is signed (RFC 7797).
 */
export function takeApart(token: string): UnverifiedToken {
  const parts = compactForm.exec(token);
  if (parts === null) throw invalid("TOKEN_FORM", "The token is not a signed JWT.");
  const header = jsonObject(parts[1] ?? "");
  const payload = jsonObject(parts[2] ?? "");
  if (header === null || payload === null)
    throw invalid("TOKEN_FORM", "The token's header or payload is not a JSON object.");
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) {
    throw invalid("TOKEN_EXTENSION", "The token asks for an extension that is not supported.");
  }
  const { alg, kid, typ } = header;
  if (typeof typ === "string" && otherPurposes.has(typ.toLowerCase().replace(/^application\//, ""))) {
    throw invalid("TOKEN_TYPE", "The token is made for another purpose than access (`typ`).");
  }
  if (typeof alg !== "string") throw invalid("TOKEN_ALGORITHM", "The token names no algorithm.");
  if (kid !== undefined && typeof kid !== "string") throw invalid("TOKEN_FORM", "The token's key id is not a text.");
  return { text: token, algorithm: alg, kid: kid ?? null, payload };
}

/** Where a refused token says that it comes from, in plain text of a length that fits a line; otherwise null. */
export function originOf(token: string): TokenOrigin {
  const parts = token.length > LONGEST_TOKEN ? null : compactForm.exec(token);
  const plain = (value: unknown): string | null =>
    typeof value === "string" && /^[\x21-\x7e]{1,256}$/.test(value) ? value : null;
  return { kid: plain(jsonObject(parts?.[1] ?? "")?.kid), iss: plain(jsonObject(parts?.[2] ?? "")?.iss) };
}

/** Whether a token says that this service has issued it; nothing of it is proven. */
export const saysOwnIssuer = (token: string): boolean => originOf(token).iss === OWN_ISSUER;

/** @param claim what a token of its issuer names the session by, as a client may read it */
export function namesNoSession(code: "token-invalid" | "session-not-found", token: string, claim: string): Problem {
  const cause = new TokenRefused("TOKEN_CLAIM", originOf(token));
  return new Problem(code, { detail: `The token names no session: it has no claim ${claim}.`, cause });
}

function jsonObject(base64url: string): Payload | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));
    return isPayload(value) ? value : null;
  } catch {
    // The error quotes the token, so it goes nowhere.
    return null;
  }
}
