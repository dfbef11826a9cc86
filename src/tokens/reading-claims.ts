import type { Claims } from "./claims.ts";
import { type Issuer, OWN_ISSUER } from "./issuer.ts";
import { claimNamed, type Payload, says, wordsOf } from "./named-claims.ts";
import { parseSessionId, parseSubject, type SessionId } from "./names.ts";
import { invalid } from "./refusal.ts";

/** The claim that names the session in the service's own tokens. */
export const OWN_SESSION_CLAIM = "sid";

/** The last moment that a Date can hold, in epoch milliseconds: an `exp` past it would break every use as a date. */
const LAST_MOMENT = 8.64e15;

/** What the claims of one issuer's tokens have to be, and which of them say what. */
export interface ClaimRules {
  readonly name: Issuer;
  /** What `iss` must be; null: not checked. */
  readonly issuer: string | null;
  /** What `aud` must hold; null: not checked. */
  readonly audience: string | null;
  readonly sessionClaim: string;
  /** The claims whose words are rights. */
  readonly rightsClaims: readonly string[];
  readonly requiredClaims: ReadonlyMap<string, readonly string[]>;
  /** Tolerance for `nbf`, in ms. */
  readonly clockSkewMs: number;
}

/** From which moment until which, in epoch milliseconds. */
export interface ValidTimes {
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** The claims with the moment before which they are not valid, in epoch milliseconds. */
export interface TimedClaims {
  readonly claims: Claims;
  readonly notBefore: number;
}

/**
 * Reads a payload whose signature holds. Throws `token-invalid` for every claim that is missing or of the wrong type, by
 * its name and, where one chooses it, that of the setting.
 */
export function readClaims(payload: Payload, rules: ClaimRules): TimedClaims {
  refuseOthers(own(payload, "iss"), own(payload, "aud"), rules);
  const { expiresAt, notBefore } = timesOf(payload, rules);
  const subject = parseSubject(own(payload, "sub"));
  if (subject === null) throw wrongClaim("The token needs a subject (`sub`) of 1 to 256 characters.");
  for (const [name, accepted] of rules.requiredClaims) {
    const value = claimNamed(payload, name);
    if (says(value, accepted)) continue;
    const what = value === undefined ? "has no claim" : "says something else in the claim";
    throw wrongClaim(`The token ${what} \`${name}\`, which JWT_REQUIRED_CLAIMS asks for.`);
  }

  const sessionId = sessionOf(payload, rules);
  const scopes = new Set(rules.rightsClaims.flatMap((name) => wordsOf(claimNamed(payload, name))));
  const claims = Object.freeze({ issuer: rules.name, subject, sessionId, scopes, expiresAt });
  return { claims, notBefore };
}

/** When a token is valid, in epoch milliseconds. Throws `token-invalid` where it does not say. */
export function timesOf(payload: Payload, { clockSkewMs }: Pick<ClaimRules, "clockSkewMs">): ValidTimes {
  const exp = own(payload, "exp");
  if (typeof exp !== "number" || !Number.isFinite(exp)) throw wrongClaim("The token needs a numeric expiry (`exp`).");
  const nbf = Object.hasOwn(payload, "nbf") ? payload.nbf : 0;
  if (typeof nbf !== "number") throw wrongClaim("The token's `nbf` is not a number.");
  return { expiresAt: Math.min(exp * 1000, LAST_MOMENT), notBefore: nbf * 1000 - clockSkewMs };
}

const own = (payload: Payload, name: string): unknown => (Object.hasOwn(payload, name) ? payload[name] : undefined);

function refuseOthers(iss: unknown, aud: unknown, { name, issuer, audience }: ClaimRules): void {
  // A key of the outside issuer must not speak for this service, whatever its own issuer is called.
  if ((iss === OWN_ISSUER) !== (name === "own")) throw invalid("TOKEN_ISSUER", "The token's issuer is not accepted.");
  if (issuer !== null && iss !== issuer) {
    throw invalid("TOKEN_ISSUER", "The token's issuer (`iss`) is not the one of JWT_ISSUER.");
  }
  if (audience === null || aud === audience || (Array.isArray(aud) && aud.includes(audience))) return;
  throw invalid("TOKEN_AUDIENCE", "The token is meant for another audience (`aud`) than JWT_AUDIENCE.");
}

/** @returns null where the token names no session: a service token needs none */
function sessionOf(payload: Payload, { sessionClaim }: ClaimRules): SessionId | null {
  const value = claimNamed(payload, sessionClaim);
  if (value === undefined) return null;
  const sessionId = parseSessionId(Number.isSafeInteger(value) ? String(value) : value);
  if (sessionId !== null) return sessionId;
  throw wrongClaim(
    `The token's session claim (\`${sessionClaim}\`, of JWT_SESSION_CLAIM) is neither a text of 1 to 256 characters nor a whole number.`,
  );
}

const wrongClaim = (detail: string) => invalid("TOKEN_CLAIM", detail);
