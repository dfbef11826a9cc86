import type { IncomingHttpHeaders } from "node:http";
import { tokenInCookies } from "./cookie.ts";
import { invalid } from "./refusal.ts";

export interface RequestToken {
  readonly token: string;
  /** A browser adds the cookie by itself, so a change that came with it needs a proof against cross-site requests. */
  readonly from: "header" | "cookie";
}

/** RFC 6750 section 2.1 with the scheme in any case (RFC 9110 section 11.1) and exactly one token68. */
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

const bearerScheme = /^bearer(?:\s|$)/i;

/**
 * The token of a request; null when it has none. `Authorization: Bearer` is the client's word on how it wants to be known:
 * one that cannot be used is refused, and never answered as the user of a cookie that came along. Another scheme is meant
 * for somebody else, a proxy in front of us.
 */
export function requestToken(headers: Pick<IncomingHttpHeaders, "authorization" | "cookie">): RequestToken | null {
  const { authorization } = headers;
  if (authorization === undefined || !bearerScheme.test(authorization)) {
    const token = tokenInCookies(headers.cookie);
    return token === null ? null : { token, from: "cookie" };
  }
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw invalid("TOKEN_FORM", "`Authorization` has to be `Bearer` and one token.");
  return { token, from: "header" };
}
