import type { Request, RequestHandler } from "express";
import type { Limits } from "../../http/limits.ts";
import type { Operation } from "../../http/operation.ts";
import { scopeOf } from "../../http/request-scope.ts";
import type { Guards } from "../../http/routing.ts";
import { Problem } from "../../problems.ts";
import {
  type Claims,
  type RequestToken,
  refuseCookieThatStays,
  refuseCrossSite,
  requestToken,
  type Sites,
  type TokenOptions,
  type TokenVerifier,
} from "../../tokens/index.ts";

interface AuthenticationDeps {
  readonly verifier: TokenVerifier;
  readonly config: TokenOptions;
  readonly sites: Sites;
  readonly limits: Limits;
}

/** The checks before an operation, by who may call it. */
export class Authentication {
  readonly #verifier: TokenVerifier;
  readonly #config: TokenOptions;
  readonly #sites: Sites;
  /** One for all operations: a session has one limit, however it shares out its requests. */
  readonly #limit: RequestHandler;

  constructor({ verifier, config, sites, limits }: AuthenticationDeps) {
    this.#verifier = verifier;
    this.#config = config;
    this.#sites = sites;
    this.#limit = limits.perSession(sessionName);
  }

  readonly guards: Guards = (operation) => {
    switch (operation.access) {
      case "anyone":
        return [];
      case "session":
        return [this.#authenticate, ...this.#changing(operation), this.#limit];
      case "service":
        return [this.#authenticate, ...this.#changing(operation), this.#limitUnlessTrusted, this.#requireScope];
      case "sign-in":
        return [this.#authenticateApplicant, ...this.#changing(operation)];
    }
  };

  /** Asked for the session cookie, a sign-in has to come from this site too, and from where the cookie comes back. */
  refuseCookie(request: Request): void {
    refuseCrossSite(request, this.#sites);
    refuseCookieThatStays(request, this.#sites);
  }

  readonly #authenticate: RequestHandler = async (request, _response, next) => {
    const token = requestToken(request.headers);
    if (token === null) throw new Problem("token-missing");
    const claims = await this.#verifier.verify(token.token);
    prove(request, claims, token.from);
    next();
  };

  /**
   * Only a token of the outside issuer tells who signs in. Where the service issues tokens itself none is needed, and
   * a stale cookie of an earlier session must not lock its user out.
   */
  readonly #authenticateApplicant: RequestHandler = async (request, _response, next) => {
    const needed = this.#config.ownSecrets === null;
    const token = this.#config.app === null ? null : requestToken(request.headers);
    if (token === null) {
      if (needed) throw new Problem("token-missing");
      return next();
    }
    try {
      const claims = await this.#verifier.verify(token.token);
      if (claims.issuer === "app") prove(request, claims, token.from);
    } catch (error) {
      if (needed || token.from === "header") throw error;
    }
    next();
  };

  readonly #requireScope: RequestHandler = (request, _response, next) => {
    if (!this.#isTrusted(request)) throw new Problem("insufficient-scope");
    next();
  };

  /** A trusted backend speaks for all of its users: the limit of one session is not meant for it. */
  readonly #limitUnlessTrusted: RequestHandler = (request, response, next) => {
    if (this.#isTrusted(request)) next();
    else void this.#limit(request, response, next);
  };

  #isTrusted(request: Request): boolean {
    return scopeOf(request).claims?.scopes.has(this.#config.serviceScope) === true;
  }

  #changing(operation: Operation): RequestHandler[] {
    if (operation.method === "get") return [];
    return [
      (request, _response, next) => {
        if (scopeOf(request).fromCookie) refuseCrossSite(request, this.#sites);
        next();
      },
    ];
  }
}

function prove(request: Request, claims: Claims, from: RequestToken["from"]): void {
  const scope = scopeOf(request);
  scope.claims = claims;
  scope.fromCookie = from === "cookie";
}

function sessionName(request: Request): string {
  const { claims } = scopeOf(request);
  // Told apart, or a subject that is called like somebody's session would use up its limit.
  const name = claims?.sessionId === null ? `subject ${claims.subject}` : `session ${claims?.sessionId}`;
  return `${claims?.issuer} ${name}`;
}
