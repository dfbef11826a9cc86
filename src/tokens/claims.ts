import { invalid } from "./compact-token.ts";
import { type Issuer, OWN_ISSUER } from "./issuer.ts";

/** What a verified token says. */
export interface Claims {
  readonly issuer: Issuer;
  readonly subject: string;
  /** The session claim; null when the token has none (a service token needs none). */
  readonly sessionId: string | null;
  /** The words of the space-separated `scope` claim. */
  readonly scopes: ReadonlySet<string>;
  /** `exp`, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** The claim that names the session in the service's own tokens. */
export const OWN_SESSION_CLAIM = "sid";

/** Characters of a subject or a session id. */
const LONGEST_NAME = 256;

/** The last moment that a Date can hold, in epoch milliseconds: an `exp` past it would break every use as a date. */
const LAST_MOMENT = 8.64e15;

/** The claims with the moment before which they are not valid, in epoch milliseconds. */
export interface TimedClaims {
  readonly claims: Claims;
  readonly notBefore: number;
}

/** Reads a payload whose signature holds. Throws `token-invalid` for every claim that is missing or of the wrong type. */
export function readClaims(payload: unknown, issuer: Issuer, sessionClaim: string): TimedClaims {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw invalid("The token's payload is not a JSON object.");
  }
  const claim = (name: string): unknown =>
    Object.hasOwn(payload, name) ? (payload as Record<string, unknown>)[name] : undefined;

  // A key of the outside issuer must not speak for this service, whatever its own issuer is called.
  if ((claim("iss") === OWN_ISSUER) !== (issuer === "own")) throw invalid("The token's issuer is not accepted.");

  const exp = claim("exp");
  if (typeof exp !== "number" || !Number.isFinite(exp)) throw invalid("The token needs a numeric expiry (`exp`).");
  const nbf = claim("nbf") ?? 0;
  if (typeof nbf !== "number") throw invalid("The token's `nbf` is not a number.");

  const subject = claim("sub");
  if (!isName(subject)) throw invalid("The token needs a subject (`sub`) of 1 to 256 characters.");
  const sessionId = claim(sessionClaim);
  if (sessionId !== undefined && !isName(sessionId)) {
    throw invalid(`The token's session claim (\`${sessionClaim}\`) is not a text of 1 to 256 characters.`);
  }
  const scope = claim("scope");
  const scopes = new Set(typeof scope === "string" ? scope.split(" ").filter((word) => word !== "") : []);

  const expiresAt = Math.min(exp * 1000, LAST_MOMENT);
  const claims = Object.freeze({ issuer, subject, sessionId: sessionId ?? null, scopes, expiresAt });
  return { claims, notBefore: nbf * 1000 };
}

/**
 * Whether a subject or session id is of the form that is accepted: 1 to 256 characters of well-formed text without
 * control characters.
 *
 * Control characters could forge a line or a header where a name is written. Half a surrogate pair becomes U+FFFD in
 * UTF-8, so that two different names would be one in the store.
 */
export function isName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length >= 1 &&
    value.length <= LONGEST_NAME &&
    !/\p{Cc}/u.test(value) &&
    value.isWellFormed()
  );
}
