import type { Request, RequestHandler } from "express";
import type { Limits } from "../../http/limits.ts";
import type { Operation } from "../../http/operation.ts";
import { scopeOf } from "../../http/request-scope.ts";
import type { Guards } from "../../http/routing.ts";
import { Problem } from "../../problems.ts";
import {
  type Claims,
  invalidCookie,
  namesNoSession,
  type RequestToken,
  refuseCookieThatStays,
  refuseCrossSite,
  requestToken,
  type Sites,
  saysOwnIssuer,
  type TokenOptions,
  type TokenVerifier,
} from "../../tokens/index.ts";
import { SessionCookies } from "./session-cookies.ts";

interface AuthenticationDeps {
  readonly verifier: TokenVerifier;
  readonly config: TokenOptions;
  readonly sites: Sites;
  readonly limits: Limits;
  readonly cookies: SessionCookies;
}

/** The checks before an operation, by who may call it. */
export class Authentication {
  readonly #verifier: TokenVerifier;
  readonly #config: TokenOptions;
  readonly #sites: Sites;
  readonly #cookies: SessionCookies;
  /** One for all operations: a session has one limit, however it shares out its requests. */
  readonly #limit: RequestHandler;

  constructor({ verifier, config, sites, limits, cookies }: AuthenticationDeps) {
    this.#verifier = verifier;
    this.#config = config;
    this.#sites = sites;
    this.#cookies = cookies;
    this.#limit = limits.perSession(sessionName);
  }

  readonly guards: Guards = (operation) => {
    switch (operation.access) {
      case "anyone":
        return [];
      case "session":
        return [this.#authenticateSession, ...this.#changing(operation), this.#limit];
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
    const found = tokenOf(request);
    prove(request, await this.#claimsOf(found), found.from);
    next();
  };

  readonly #authenticateSession: RequestHandler = async (request, _response, next) => {
    const found = tokenOf(request);
    const claims = await this.#claimsOf(found);
    prove(request, claims, found.from);
    if (claims.sessionId === null) throw namesNoSession("session-not-found", found.token, this.#sessionClaim(claims));
    next();
  };

  /**
   * Only a token of the outside issuer tells who signs in. Where the service issues tokens itself none is needed, and
   * a stale cookie of an earlier session must not lock its user out; nor does what we have given out ourselves, dead or
   * alive: it proves nobody here.
   */
  readonly #authenticateApplicant: RequestHandler = async (request, _response, next) => {
    const needed = this.#config.ownSecrets === null;
    const found = this.#config.app === null ? null : requestToken(request.headers);
    const token = found === null || isOurs(found) ? null : found;
    if (token === null) {
      if (needed) throw new Problem("token-missing");
      return next();
    }
    try {
      const claims = await this.#verifier.verify(token.token);
      if (claims.sessionId === null) throw namesNoSession("token-invalid", token.token, this.#sessionClaim(claims));
      prove(request, claims, token.from);
    } catch (error) {
      if (needed || token.from === "header") throw error;
    }
    next();
  };

  readonly #requireScope: RequestHandler = (request, _response, next) => {
    if (!this.#isTrusted(request)) {
      const { serviceScope, serviceClaims } = this.#config;
      const names = serviceClaims.map((name) => `\`${name}\``).join(", ");
      const detail = `None of the token's claims ${names} (SERVICE_TOKEN_CLAIMS) holds \`${serviceScope}\` (SERVICE_TOKEN_SCOPE).`;
      throw new Problem("insufficient-scope", { detail });
    }
    next();
  };

  #claimsOf(found: RequestToken): Claims | Promise<Claims> {
    return isSealedCookie(found) ? this.#open(found.token) : this.#verifier.verify(found.token);
  }

  #open(cookie: string): Claims {
    // Without an outside issuer there is nobody whose tokens it could stand for.
    if (this.#config.app === null) throw invalidCookie("The session cookie is not one of this service.");
    return this.#cookies.open(cookie);
  }

  #sessionClaim({ issuer }: Claims): string {
    const { app } = this.#config;
    return issuer === "own" || app === null ? "`sid`" : `\`${app.sessionClaim}\` (JWT_SESSION_CLAIM)`;
  }

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

function tokenOf(request: Request): RequestToken {
  const found = requestToken(request.headers);
  if (found === null) throw new Problem("token-missing");
  return found;
}

/** From a header it would be a token, which it is not. */
const isSealedCookie = ({ token, from }: RequestToken): boolean => from === "cookie" && SessionCookies.isSealed(token);

const isOurs = (found: RequestToken): boolean => isSealedCookie(found) || saysOwnIssuer(found.token);

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
