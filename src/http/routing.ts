import { isUtf8 } from "node:buffer";
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { ZodType } from "zod";
import { type FieldError, Problem } from "../problems.ts";
import type { Claims } from "../tokens/claims.ts";
import type { Method, Operation } from "./operation.ts";
import { MOST_ERRORS } from "./problem-schema.ts";
import { actorOf, scopeOf } from "./request-scope.ts";

/** What has to be passed before an operation, by who may call it. */
export type Guards = (operation: Operation) => RequestHandler[];

const BODY_LIMIT = 65_536;

const jsonBody = express.json({
  limit: BODY_LIMIT,
  strict: false,
  inflate: false,
  type: () => true,
  // Decoding would put a replacement character in the place of what is no UTF-8, in a password too.
  verify: (_request, _response, bytes) => {
    if (!isUtf8(bytes)) throw new TypeError("not UTF-8");
  },
});

/**
 * Routes made from operations. The order is the contract's: path and method first (404, 405), then the limits and the
 * token, then the shape of what was sent. Not in a router of their own: each layer that a request passes costs it.
 */
export function route(app: Express, operations: readonly Operation[], guards: Guards): void {
  app.use(keepMalformedPath);
  for (const [path, methods] of byPath(operations)) {
    const one = app.route(path.replace(/\{(\w+)\}/g, ":$1"));
    for (const operation of methods) one[operation.method](...chain(operation, guards));
    one.all(
      refuseMethod(
        path,
        methods.map(({ method }) => method),
      ),
    );
  }
}

/**
 * The router decodes a path while it looks for its route, and throws before any guard has run. A path that cannot be
 * decoded is taken as it is instead, and refused where everything else that was sent is looked at.
 */
const keepMalformedPath: RequestHandler = (request, _response, next) => {
  if (request.url.includes("%") && !isDecodable(request.path)) {
    scopeOf(request).malformedPath = true;
    request.url = request.url.replaceAll("%", "%25");
  }
  next();
};

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function byPath(operations: readonly Operation[]): Map<string, Operation[]> {
  const paths = new Map<string, Operation[]>();
  for (const operation of operations) {
    const methods = paths.get(operation.path);
    if (methods === undefined) paths.set(operation.path, [operation]);
    else methods.push(operation);
  }
  return paths;
}

function refuseMethod(path: string, methods: readonly Method[]): RequestHandler {
  const allowed = [...methods.map((method) => method.toUpperCase()), ...(methods.includes("get") ? ["HEAD"] : [])];
  const allow = [...allowed, "OPTIONS"].join(", ");
  return (request, response) => {
    scopeOf(request).route = path;
    response.setHeader("Allow", allow);
    if (request.method !== "OPTIONS") throw new Problem("method-not-allowed");
    response.status(204).end();
  };
}

function chain(operation: Operation, guards: Guards): RequestHandler[] {
  const named: RequestHandler = (request, _response, next) => {
    const scope = scopeOf(request);
    scope.route = operation.path;
    scope.isSignIn = operation.access === "sign-in";
    next();
  };
  const { params, query, body: bodySchema } = operation;
  // Most requests have none, which is looked at once for all of them.
  const noQuery = query?.safeParse({});
  const handle: RequestHandler = (request, response) => {
    const scope = scopeOf(request);
    const { claims, malformedPath } = scope;
    if (malformedPath) {
      throw new Problem("invalid-request", { errors: [{ path: "path", message: "is not correctly encoded" }] });
    }
    return operation.handle({
      request,
      response,
      params: parsed(params, request.params, "path"),
      query: noQuery?.success && !request.url.includes("?") ? noQuery.data : parsed(query, request.query, "query"),
      body: parsed(bodySchema, request.body as unknown, ""),
      hasClaims: claims !== null,
      get claims(): Claims {
        if (claims === null) throw new Problem("token-missing");
        return claims;
      },
      actor: actorOf(scope),
    });
  };
  const body = bodySchema === undefined ? [] : [refuseMediaType, jsonBody];
  return [named, ...guards(operation), ...body, handle];
}

const refuseMediaType: RequestHandler = (request, _response, next) => {
  const type = request.headers["content-type"] ?? "";
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] ?? "utf-8";
  // JSON between systems is UTF-8 (RFC 8259, 8.1).
  const taken = /^application\/json\s*(;|$)/i.test(type) && charset.toLowerCase() === "utf-8";
  if (hasBody && !taken) throw new Problem("unsupported-media-type");
  next();
};

function parsed(schema: ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const pathOf = (parts: readonly PropertyKey[]): string =>
    [where, ...parts.map(String)].filter((part) => part !== "").join(".");
  const errors: FieldError[] = result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: pathOf([...issue.path, ...told(key)]), message: "is not known here" }))
      : [{ path: pathOf(issue.path), message: issue.message }],
  );
  throw new Problem("invalid-request", { errors: errors.slice(0, MOST_ERRORS) });
}

/** What looks like a field's name: anything else may be a secret that got into the wrong place. */
const told = (key: string): string[] => (/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(key) ? [key] : []);

/** The last of the chain: nothing matched. */
export function refuseUnknownPath(_request: Request, _response: Response): void {
  throw new Problem("not-found");
}
