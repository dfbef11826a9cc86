import type { RequestHandler } from "express";

/** What tracing tools add to every request of a page, as well as what we ask for: one that is missing blocks them all. */
const ALLOWED_HEADERS = [
  ...["Authorization", "Content-Type", "X-CSRF", "If-None-Match", "Last-Event-ID", "Cache-Control", "X-Request-Id"],
  ...["traceparent", "tracestate", "baggage", "sentry-trace"],
].join(", ");
const EXPOSED_HEADERS = "ETag, Age, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id";
const PREFLIGHT_SECONDS = "600";

/**
 * CORS by an exact list of origins, credentials included, as the fetch standard has it. `Vary` is sent to all, so that
 * no cache gives one origin's answer to another.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const listed = new Set(origins);
  return (request, response, next) => {
    response.vary("Origin");
    const { origin } = request.headers;
    if (origin === undefined || !listed.has(origin)) return next();
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Expose-Headers", EXPOSED_HEADERS);
    const method = request.headers["access-control-request-method"];
    if (request.method !== "OPTIONS" || method === undefined) return next();
    response.vary("Access-Control-Request-Method");
    response.vary("Access-Control-Request-Headers");
    response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    response.setHeader("Access-Control-Allow-Headers", ALLOWED_HEADERS);
    response.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    response.status(204).end();
  };
}
