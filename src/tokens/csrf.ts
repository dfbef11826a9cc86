import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "../problems.ts";

/** The part of a request that tells where it comes from; Express's own request is one. */
export interface BrowserRequest {
  readonly headers: IncomingHttpHeaders;
  /** The host as the browser knows it, with the port; from the `Host` header when left out. */
  readonly host?: string | undefined;
  /** `https` when that is certain. Anything else says nothing: a proxy may end TLS in front of this service. */
  readonly protocol?: string | undefined;
}

/** Whose pages may make a change with the session cookie. */
export interface Sites {
  /** Exact origins, as in `CORS_ORIGINS`. */
  readonly listed: readonly string[];
  /** The origin under which clients see this service, `PUBLIC_URL`'s; null: not known. */
  readonly publicOrigin: string | null;
}

/**
 * For a change that uses or asks for the session cookie. Throws `csrf` unless the request carries `X-CSRF: 1`, which no
 * form and no cross-site fetch without a CORS permission can send, and its own browser says that it comes from a page of
 * this site or of a listed origin. `Sec-Fetch-Site` cannot be set by a page, and holds whatever a proxy has made of
 * `Host`; only where a client does not send it is its `Origin` compared with ours.
 */
export function refuseCrossSite(request: BrowserRequest, sites: Sites): void {
  const { origin, "sec-fetch-site": site, "x-csrf": mark } = request.headers;
  if (mark !== "1") throw new Problem("csrf", { detail: "The header `X-CSRF: 1` is missing." });
  if (site === "same-origin" || (origin !== undefined && isListed(origin, sites))) return;
  if (site === undefined && origin !== undefined && isOwn(origin, request, sites)) return;
  throw new Problem("csrf", { detail: "The request does not come from this site or a listed origin." });
}

/**
 * For a sign-in that asks for the cookie, which is `SameSite=Strict`. Throws `csrf` where the browser would take it and
 * never send it back: an agent would be signed in, and its user not.
 */
export function refuseCookieThatStays({ headers }: BrowserRequest, sites: Sites): void {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin === undefined || !isListed(origin, sites)) return;
  if (!/^https?:/.test(origin)) {
    throw new Problem("csrf", {
      detail:
        'The app\'s origin is not http or https, so it would never send the cookie back. Ask for `delivery: "body"`.',
    });
  }
  if (site === "cross-site") {
    throw new Problem("csrf", {
      detail:
        'The page is of another site, from which the browser would never send the cookie back. Ask for `delivery: "body"`.',
    });
  }
}

/** `null` is the origin of every sandboxed page and file, so it can never be a listed one. */
function isListed(origin: string, { listed }: Sites): boolean {
  return origin !== "null" && listed.includes(origin);
}

function isOwn(origin: string, request: BrowserRequest, { publicOrigin }: Sites): boolean {
  if (origin === publicOrigin) return true;
  const host = request.host ?? request.headers.host;
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return false;
  const scheme = /^(https?):\/\//.exec(origin)?.[1];
  if (scheme === undefined || (request.protocol === "https" && scheme !== "https")) return false;
  try {
    return new URL(`${scheme}://${host}`).origin === origin;
  } catch {
    return false;
  }
}
