import type { VerificationKey } from "./keys.ts";

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

export function fixedKeys(keys: Keys): KeySource {
  return { current: () => keys, newerThan: () => null, close: () => {} };
}
