import type { Operation } from "../operation.ts";
import type { Json } from "./schemas.ts";

const text = { type: "string", minLength: 1 };
const requestId = { type: "string", pattern: "^[A-Za-z0-9._-]{1,64}$" };
const limit = { type: "string", pattern: "^limit=[0-9]+, remaining=[0-9]+, reset=[0-9]+$" };
const policy = { type: "string", pattern: "^[0-9]+;w=[0-9]+$" };

/** Every header of an answer that a client may make use of. */
export const headers: Readonly<Record<string, Json>> = {
  "X-Request-Id": {
    description: "Names this request in the operators' log: the client's own `X-Request-Id`, or one of ours.",
    schema: requestId,
    example: "mS2Vw9pGfXkd-4f",
  },
  ETag: {
    description: "Names this state of the answer, for `If-None-Match`.",
    schema: text,
    example: '"qLwdGSPLkzG8y2f3YcXcHVPeDRw"',
  },
  "Retry-After": {
    description: "Seconds to wait before the next attempt.",
    schema: { type: "integer", minimum: 1 },
    example: 2,
  },
  RateLimit: {
    description: "What is left of the limit in this window of a minute.",
    schema: limit,
    example: "limit=600, remaining=599, reset=60",
  },
  "RateLimit-Policy": { description: "The limit and its window in seconds.", schema: policy, example: "600;w=60" },
  "WWW-Authenticate": {
    description: "What kind of token is asked for, and what is wrong with the one sent (RFC 6750).",
    schema: text,
    example: 'Bearer realm="conferences-bff"',
  },
  Allow: { description: "The methods of this path.", schema: text, example: "GET, HEAD, OPTIONS" },
};

/** Headers of a request, beside those that OpenAPI describes elsewhere. */
export const headerParameters: Readonly<Record<string, Json>> = {
  RequestId: {
    name: "X-Request-Id",
    in: "header",
    description: "Names the request in the answer and in the operators' log; another value is passed over.",
    schema: requestId,
    example: "0af7651916cd43dd8448eb211c80319c",
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "The `ETag` of an earlier answer: 304 without a body as long as nothing changed.",
    schema: text,
  },
  LastEventId: {
    name: "Last-Event-ID",
    in: "header",
    description: "The `id` of the last event seen: what was missed since is sent first, as far as it is kept.",
    schema: text,
  },
  Csrf: {
    name: "X-CSRF",
    in: "header",
    description: "Needed, with the value `1`, when the session cookie is used or asked for.",
    schema: { type: "string", const: "1", description: "`1`: the only value" },
  },
};

export function headerRefs(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export function headerParameterRefs({ answers, resumes, access, method }: Operation): Json[] {
  const names = [
    "RequestId",
    ...(answers[304] === undefined ? [] : ["IfNoneMatch"]),
    ...(resumes ? ["LastEventId"] : []),
    ...(access !== "anyone" && method !== "get" ? ["Csrf"] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** Of an answer that is no problem. */
export function answerHeaders(operation: Operation, status: number): Json {
  const { answers, access } = operation;
  const cacheable = answers[304] !== undefined;
  const refs = headerRefs([
    "X-Request-Id",
    ...(cacheable ? ["ETag"] : []),
    ...(access === "anyone" || access === "service" ? [] : ["RateLimit", "RateLimit-Policy"]),
  ]);
  return { ...refs, ...answers[status]?.headers };
}
