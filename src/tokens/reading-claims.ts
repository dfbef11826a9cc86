import type { Claims } from "./claims.ts";
import { invalid } from "./compact-token.ts";
import { type Issuer, OWN_ISSUER } from "./issuer.ts";
import { parseSessionId, parseSubject } from "./names.ts";

/** The claim that names the session in the service's own tokens. */
export const OWN_SESSION_CLAIM = "sid";

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

  const subject = parseSubject(claim("sub"));
  if (subject === null) throw invalid("The token needs a subject (`sub`) of 1 to 256 characters.");
  const sessionId = claim(sessionClaim) === undefined ? null : parseSessionId(claim(sessionClaim));
  if (sessionId === null && claim(sessionClaim) !== undefined) {
    throw invalid(`The token's session claim (\`${sessionClaim}\`) is not a text of 1 to 256 characters.`);
  }
  const scope = claim("scope");
  const scopes = new Set(typeof scope === "string" ? scope.split(" ").filter((word) => word !== "") : []);

  const expiresAt = Math.min(exp * 1000, LAST_MOMENT);
  const claims = Object.freeze({ issuer, subject, sessionId, scopes, expiresAt });
  return { claims, notBefore: nbf * 1000 };
}
