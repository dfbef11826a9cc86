import type { Algorithm } from "./algorithms.ts";
import type { Claims } from "./claims.ts";
import { originOf, refuseOversized, takeApart, type UnverifiedToken } from "./compact-token.ts";
import { type Issuer, OWN_ISSUER } from "./issuer.ts";
import type { KeySetFetch } from "./key-set-fetch.ts";
import { fixedKeys, type KeySource, type KeySourceDependencies } from "./key-source.ts";
import { configuredKeys, secretKey, type VerificationKey } from "./keys.ts";
import type { TokenLog } from "./log.ts";
import type { AppIssuerOptions, TokenOptions } from "./options.ts";
import {
  type ClaimRules,
  OWN_SESSION_CLAIM,
  readClaims,
  type TimedClaims,
  timesOf,
  type ValidTimes,
} from "./reading-claims.ts";
import { expired, invalid, withOrigin } from "./refusal.ts";
import { RemoteKeySet } from "./remote-key-set.ts";
import { type SignatureVerdict, signatureOf } from "./signature.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

export interface TokenVerifier {
  /**
   * Throws `token-invalid`, `token-expired`, or `keys-unavailable` for a token that may be good. Synchronous where the key is
   * at hand, which spares a hop a request.
   */
  verify(token: string): Claims | Promise<Claims>;
  /** For readiness: rejects with `keys-unavailable` as long as no key set of the app's issuer has ever been fetched. */
  readonly keysCheck: { readonly name: "keys"; check(): Promise<void> };
  /** How long ago the key set was fetched last, in ms; null without one. */
  keySetAgeMs(): number | null;
  close(): void;
}

interface VerifierDependencies {
  /** Epoch milliseconds: a token's times are its issuer's. */
  readonly now: () => number;
  /** Milliseconds that only grow, by which key sets age. The machine's when left out. */
  readonly monotonic?: () => number;
  readonly log?: TokenLog;
  /** Octets that verified tokens may take in memory; 32 MiB when left out. */
  readonly rememberedBytes?: number;
  /** How long one fetch of a key set may take, in milliseconds; 5,000 when left out. */
  readonly keySetTimeoutMs?: number;
  /** For key sets, with trust and proxy of its own; without it the system's trust, and no proxy. */
  readonly fetchKeySet?: KeySetFetch;
}

/** One whose tokens are accepted. */
interface TrustedIssuer {
  readonly keys: KeySource;
  readonly algorithms: readonly Algorithm[];
  readonly rules: ClaimRules;
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
    this.#verified = new VerifiedTokens(deps.rememberedBytes);
    this.#own = config.ownSecrets === null ? null : ownIssuer(config.ownSecrets, config.serviceClaims);
    const keySourceDeps = {
      monotonic: deps.monotonic ?? (() => performance.now()),
      log: deps.log,
      changed: () => this.#verified.clear(),
      timeoutMs: deps.keySetTimeoutMs ?? 5_000,
      fetch: deps.fetchKeySet ?? fetch,
    };
    this.#app = config.app === null ? null : appIssuer(config.app, config.serviceClaims, keySourceDeps);
  }

  verify(token: string): Claims | Promise<Claims> {
    try {
      const claims = this.#claimsOf(token);
      return claims instanceof Promise ? claims.catch((error: unknown) => refuse(token, error)) : claims;
    } catch (error) {
      return refuse(token, error);
    }
  }

  readonly keysCheck = { name: "keys", check: async () => this.#app?.keys.check() } as const;

  keySetAgeMs(): number | null {
    return this.#app?.keys.ageMs() ?? null;
  }

  close(): void {
    this.#app?.keys.close();
    this.#verified.clear();
  }

  #claimsOf(token: string): Claims | Promise<Claims> {
    refuseOversized(token);
    const name = VerifiedTokens.nameOf(token);
    const known = this.#verified.get(name);
    if (known === undefined) return this.#check(token, name);
    const keys = this.#issuer(known.claims.issuer).keys.current();
    return keys instanceof Promise ? keys.then(() => this.#check(token, name)) : this.#usable(known);
  }

  #check(text: string, name: string): Claims | Promise<Claims> {
    const token = takeApart(text);
    // The claim is not proven, but it only chooses the key: each key proves one issuer.
    const issuer = this.#issuer(token.payload.iss === OWN_ISSUER ? "own" : "app");
    const remember = (): Claims => this.#remember(token, issuer, name);
    return after(issuer.keys.current(), (keys) =>
      after(signatureOf(token, keys, issuer.algorithms), (verdict) =>
        verdict === "signed" ? remember() : this.#checkAnew(token, issuer, keys, verdict).then(remember),
      ),
    );
  }

  /** With newer keys, where there are any. Rejects unless one of them has signed the token. */
  async #checkAnew(
    token: UnverifiedToken,
    { keys: source, algorithms }: TrustedIssuer,
    keys: readonly VerificationKey[],
    first: SignatureVerdict,
  ): Promise<void> {
    const newer = await source.newerThan(keys, token.kid);
    const verdict = newer === null || newer === keys ? first : await signatureOf(token, newer, algorithms);
    if (verdict === "signed") return;
    if (verdict === "key-unknown") source.refuseWhileAway(newer === null ? token.kid : null);
    const isNamed = verdict === "key-unknown" && token.kid !== null;
    const detail = "The token's signature is not one of its issuer.";
    throw invalid(isNamed ? "TOKEN_KEY" : "TOKEN_SIGNATURE", detail);
  }

  #remember({ payload }: UnverifiedToken, { rules }: TrustedIssuer, name: string): Claims {
    // First of all: who comes with a fresh token is told what else is wrong.
    this.#refuseUntimely(timesOf(payload, rules));
    const timed = readClaims(payload, rules);
    this.#verified.set(name, timed);
    return timed.claims;
  }

  #usable({ claims, notBefore }: TimedClaims): Claims {
    this.#refuseUntimely({ notBefore, expiresAt: claims.expiresAt });
    return claims;
  }

  /** By the clock of this moment, which may have moved either way since the signature was checked. */
  #refuseUntimely({ notBefore, expiresAt }: ValidTimes): void {
    const now = this.#now();
    if (now >= expiresAt) throw expired();
    if (now < notBefore) throw invalid("TOKEN_TIME", "The token is not valid yet (`nbf`, JWT_CLOCK_SKEW_MS).");
  }

  #issuer(name: Issuer): TrustedIssuer {
    const issuer = name === "own" ? this.#own : this.#app;
    if (issuer === null) throw invalid("TOKEN_ISSUER", "The token's issuer is not accepted.");
    return issuer;
  }
}

/** With where the token says that it comes from. */
function refuse(token: string, error: unknown): never {
  throw withOrigin(error, () => originOf(token));
}

/** At once where the value is at hand. */
function after<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function appIssuer(app: AppIssuerOptions, rightsClaims: readonly string[], deps: KeySourceDependencies): TrustedIssuer {
  const { algorithms, issuer, audience, sessionClaim, requiredClaims, clockSkewMs } = app;
  return {
    algorithms,
    rules: { name: "app", issuer, audience, sessionClaim, rightsClaims, requiredClaims, clockSkewMs },
    keys:
      app.keys.kind === "jwks" ? new RemoteKeySet(app.keys.url, app.algorithms, deps) : fixedKeys(configuredKeys(app)),
  };
}

function ownIssuer(secrets: readonly string[], rightsClaims: readonly string[]): TrustedIssuer {
  return {
    algorithms: ["HS256"],
    rules: {
      name: "own",
      issuer: OWN_ISSUER,
      audience: null,
      sessionClaim: OWN_SESSION_CLAIM,
      rightsClaims,
      requiredClaims: new Map(),
      clockSkewMs: 0,
    },
    keys: fixedKeys(secrets.map((secret) => ({ key: secretKey(secret), algorithms: ["HS256"], kid: null }))),
  };
}
