import { invalid } from "./refusal.ts";

/**
 * The prefix makes browsers take it only with Secure, with Path=/ and without Domain (RFC 6265bis section 4.1.3), so
 * neither a sibling host nor a page read over http can plant one.
 */
export const SESSION_COOKIE = "__Host-session";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";

/**
 * The token in a `Cookie` header; null when there is none. Throws `token-invalid` when the cookie is there twice: which
 * of them a browser means cannot be told.
 */
export function tokenInCookies(header: string | undefined): string | null {
  if (header === undefined || !header.includes(SESSION_COOKIE)) return null;
  const tokens = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1));
  if (tokens.length > 1) throw invalid("TOKEN_FORM", "The session cookie is there more than once.");
  return tokens[0] || null;
}

/**
 * The `Set-Cookie` value that hands a token to a browser.
 *
 * @param expiresAt of the token, in epoch milliseconds, as `now` is
 */
export function sessionCookie(token: string, expiresAt: number, now: number): string {
  if (!/^[\w.-]+$/.test(token)) throw new TypeError("a session cookie holds a JWT");
  return `${SESSION_COOKIE}=${token}; Max-Age=${Math.max(0, Math.floor((expiresAt - now) / 1000))}; ${ATTRIBUTES}`;
}

/** The `Set-Cookie` value that takes it back. */
export function clearedSessionCookie(): string {
  return `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;
}
