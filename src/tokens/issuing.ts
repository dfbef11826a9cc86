import type { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { OWN_ISSUER, OWN_SESSION_CLAIM } from "./claims.ts";

/** A token to be signed by this service. Times are epoch milliseconds; a JWT holds whole seconds, so both round down. */
export interface TokenToIssue {
  readonly subject: string;
  readonly sessionId?: string | undefined;
  /** Words separated by spaces. */
  readonly scope?: string | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** @param key from `ownKey`: the service signs with HS256 and its own secret only */
export function issueToken(key: KeyObject, token: TokenToIssue): string {
  const payload = {
    iss: OWN_ISSUER,
    sub: token.subject,
    ...(token.sessionId === undefined ? {} : { [OWN_SESSION_CLAIM]: token.sessionId }),
    ...(token.scope === undefined ? {} : { scope: token.scope }),
    iat: Math.floor(token.issuedAt / 1000),
    exp: Math.floor(token.expiresAt / 1000),
  };
  return jwt.sign(payload, key, { algorithm: "HS256" });
}
