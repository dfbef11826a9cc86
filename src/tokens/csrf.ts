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

/**
 * For a change that uses or asks for the session cookie. Throws `csrf` unless the request carries `X-CSRF: 1`, which no
 * form and no cross-site fetch without a CORS permission can send, and its own browser says that it comes from a page of
 * this host or of a listed origin. A client that says neither is refused: every browser since 2020 does.
 *
 * @param origins exact origins, as in `CORS_ORIGINS`
 */
export function refuseCrossSite(request: BrowserRequest, origins: readonly string[]): void {
  const { origin, "sec-fetch-site": site, "x-csrf": mark } = request.headers;
  if (mark !== "1") throw new Problem("csrf", { detail: "The header `X-CSRF: 1` is missing." });
  if (origin === undefined) {
    // Browsers send no Origin with a same-origin GET or HEAD only; Sec-Fetch-Site cannot be set by a page.
    if (site === "same-origin") return;
  } else {
    if (isListed(origin, origins)) return;
    if ((site === undefined || site === "same-origin") && isOwn(origin, request)) return;
  }
  throw new Problem("csrf", { detail: "The request does not come from this site or a listed origin." });
}

/** `null` is the origin of every sandboxed page and file, so it can never be a listed one. */
function isListed(origin: string, origins: readonly string[]): boolean {
  return origin !== "null" && origins.includes(origin);
}

function isOwn(origin: string, request: BrowserRequest): boolean {
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
