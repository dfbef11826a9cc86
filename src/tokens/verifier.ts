import { Problem } from "../problems.ts";
import type { Claims } from "./claims.ts";
import { invalid, refuseOversized, takeApart, type UnverifiedToken } from "./compact-token.ts";
import { type Issuer, OWN_ISSUER } from "./issuer.ts";
import { fixedKeys, type KeySource, type KeySourceDependencies, type TokenLog } from "./key-source.ts";
import { configuredKeys, secretKey, type VerificationKey } from "./keys.ts";
import type { AppIssuerOptions, TokenOptions } from "./options.ts";
import { OWN_SESSION_CLAIM, readClaims, type TimedClaims } from "./reading-claims.ts";
import { RemoteKeySet } from "./remote-key-set.ts";
import { signedPayload, type TokenRules } from "./signature.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

export type { TokenLog } from "./key-source.ts";

export interface TokenVerifier {
  /** Throws `token-invalid` or `token-expired`. Synchronous where the key is at hand, which spares a hop a request. */
  verify(token: string): Claims | Promise<Claims>;
  close(): void;
}

export interface VerifierDependencies {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log?: TokenLog;
  /** Verified tokens remembered; 10,000 when left out. */
  readonly remembered?: number;
  /** How long one fetch of a key set may take, in milliseconds; 5,000 when left out. */
  readonly keySetTimeoutMs?: number;
}

/** One whose tokens are accepted. */
interface TrustedIssuer {
  readonly name: Issuer;
  readonly keys: KeySource;
  readonly rules: TokenRules;
  readonly sessionClaim: string;
}

/** A key set is fetched at once. */
export function createTokenVerifier(config: TokenOptions, deps: VerifierDependencies): TokenVerifier {
  return new Verifier(config, deps);
}

class Verifier implements TokenVerifier {
  readonly #now: () => number;
  readonly #verified: VerifiedTokens;
  readonly #app: TrustedIssuer | null;
  readonly #own: TrustedIssuer | null;

  constructor(config: TokenOptions, deps: VerifierDependencies) {
    this.#now = deps.now;
    this.#verified = new VerifiedTokens(deps.remembered);
    this.#own = config.ownSecrets === null ? null : ownIssuer(config.ownSecrets);
    const { app } = config;
    this.#app =
      app === null
        ? null
        : {
            name: "app",
            rules: { algorithms: app.algorithms, issuer: app.issuer, audience: app.audience },
            sessionClaim: app.sessionClaim,
            keys: keySource(app, {
              now: deps.now,
              log: deps.log,
              changed: () => this.#verified.clear(),
              timeoutMs: deps.keySetTimeoutMs ?? 5_000,
            }),
          };
  }

  verify(token: string): Claims | Promise<Claims> {
    refuseOversized(token);
    const name = VerifiedTokens.nameOf(token);
    const known = this.#verified.get(name);
    if (known === undefined) return this.#check(token, name);
    const keys = this.#issuer(known.claims.issuer).keys.current();
    return keys instanceof Promise ? keys.then(() => this.#check(token, name)) : this.#usable(known);
  }

  close(): void {
    this.#app?.keys.close();
    this.#verified.clear();
  }

  #check(text: string, name: string): Claims | Promise<Claims> {
    const token = takeApart(text);
    // The claim is not proven, but it only chooses the key: each key proves one issuer.
    const issuer = this.#issuer(token.issuer === OWN_ISSUER ? "own" : "app");
    const keys = issuer.keys.current();
    return keys instanceof Promise
      ? keys.then((loaded) => this.#checkWith(loaded, token, issuer, name))
      : this.#checkWith(keys, token, issuer, name);
  }

  #checkWith(
    keys: readonly VerificationKey[],
    token: UnverifiedToken,
    issuer: TrustedIssuer,
    name: string,
  ): Claims | Promise<Claims> {
    const payload = signedPayload(token, keys, issuer.rules, this.#now());
    if (payload !== undefined) return this.#remember(payload, issuer, name);
    const newer = issuer.keys.newerThan(keys);
    if (newer === null) throw unsigned();
    return newer.then((loaded) => {
      const second = signedPayload(token, loaded, issuer.rules, this.#now());
      if (second === undefined) throw unsigned();
      return this.#remember(second, issuer, name);
    });
  }

  #remember(payload: unknown, issuer: TrustedIssuer, name: string): Claims {
    const timed = readClaims(payload, issuer.name, issuer.sessionClaim);
    const claims = this.#usable(timed);
    this.#verified.set(name, timed);
    return claims;
  }

  /** The clock may have moved either way since the signature was checked. */
  #usable({ claims, notBefore }: TimedClaims): Claims {
    const now = this.#now();
    if (now >= claims.expiresAt) throw new Problem("token-expired");
    if (now < notBefore) throw invalid("The token is not valid yet.");
    return claims;
  }

  #issuer(name: Issuer): TrustedIssuer {
    const issuer = name === "own" ? this.#own : this.#app;
    if (issuer === null) throw invalid("The token's issuer is not accepted.");
    return issuer;
  }
}

function ownIssuer(secrets: readonly string[]): TrustedIssuer {
  return {
    name: "own",
    rules: { algorithms: ["HS256"], issuer: OWN_ISSUER, audience: null },
    sessionClaim: OWN_SESSION_CLAIM,
    keys: fixedKeys(secrets.map((secret) => ({ key: secretKey(secret), algorithms: ["HS256"], kid: null }))),
  };
}

function unsigned(): Problem {
  return invalid("The token's signature is not one of its issuer.");
}

function keySource(app: AppIssuerOptions, deps: KeySourceDependencies): KeySource {
  return app.keys.kind === "jwks"
    ? new RemoteKeySet(app.keys.url, app.algorithms, deps)
    : fixedKeys(configuredKeys(app));
}
