import { configuredKeys, type VerificationKey } from "./keys.ts";
import type { AppIssuerOptions } from "./options.ts";
import { RemoteKeySet } from "./remote-key-set.ts";

type Keys = readonly VerificationKey[];

/** Where the keys of an issuer are. */
export interface KeySource {
  /** The keys of now. A promise while they have to be fetched; throws or rejects with a problem when there are none. */
  current(): Keys | Promise<Keys>;
  /** After none of `keys` had signed a token: newer ones, or null when there are none to be had now. */
  newerThan(keys: Keys): Promise<Keys> | null;
  close(): void;
}

/** Lines for the operator. */
export interface TokenLog {
  keysNotAvailable(reason: string): void;
}

export interface KeySourceDependencies {
  readonly now: () => number;
  readonly log: TokenLog | undefined;
  /** Called before the first use of keys that differ from those before. */
  readonly changed: () => void;
  /** Of one fetch, its whole answer included. */
  readonly timeoutMs: number;
}

export function keySource(app: AppIssuerOptions, deps: KeySourceDependencies): KeySource {
  return app.keys.kind === "jwks"
    ? new RemoteKeySet(app.keys.url, app.algorithms, deps)
    : fixedKeys(configuredKeys(app));
}

export function fixedKeys(keys: Keys): KeySource {
  return { current: () => keys, newerThan: () => null, close: () => {} };
}
