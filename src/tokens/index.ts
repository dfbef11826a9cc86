export { challenge } from "./challenge.ts";
export { type Claims, isName } from "./claims.ts";
export { clearedSessionCookie, SESSION_COOKIE, sessionCookie } from "./cookie.ts";
export { type BrowserRequest, refuseCrossSite } from "./csrf.ts";
export { type Issuer, OWN_ISSUER } from "./issuer.ts";
export { createTokenIssuer, type TokenIssuer, type TokenToIssue } from "./issuing.ts";
export { type RequestToken, requestToken } from "./request-token.ts";
export { createTokenVerifier, type TokenLog, type TokenVerifier, type VerifierDependencies } from "./verifier.ts";
