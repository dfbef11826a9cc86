import type { Issuer } from "../sessions/model.ts";

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

export interface TokenVerifier {
  /** Throws `token-invalid` or `token-expired`. Synchronous where the key is at hand, which spares a hop a request. */
  verify(token: string): Claims | Promise<Claims>;
  close(): void;
}

export { challenge } from "./challenge.ts";
export { isName } from "./claims.ts";
export { clearedSessionCookie, sessionCookie } from "./cookie.ts";
export { type BrowserRequest, refuseCrossSite } from "./csrf.ts";
export { createTokenIssuer, type TokenIssuer, type TokenToIssue } from "./issuing.ts";
export { type RequestToken, requestToken } from "./request-token.ts";
export { createTokenVerifier, type TokenLog, type VerifierDependencies } from "./verifier.ts";
