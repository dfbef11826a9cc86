import type { KeySetFetch } from "./key-set-fetch.ts";
import type { VerificationKey } from "./keys.ts";
import type { TokenLog } from "./log.ts";

type Keys = readonly VerificationKey[];

/** Where the keys of an issuer are. */
export interface KeySource {
  /** The keys of now. A promise while they have to be fetched; throws or rejects with `keys-unavailable` without any. */
  current(): Keys | Promise<Keys>;
  /** After none of `keys` had signed a token that names `kid`: newer ones, or null when there are none to be had now. */
  newerThan(keys: Keys, kid: string | null): Promise<Keys> | null;
  /**
   * Throws `keys-unavailable` while the keys at hand may not be the newest, because those could not be fetched.
   *
   * @param unasked the key id for which newer ones were not to be had; null: they were, or the token names none
   */
  refuseWhileAway(unasked: string | null): void;
  /**
   * Rejects with `keys-unavailable` as long as there have never been any. Soon, whatever the issuer does. Renews what has
   * become old meanwhile.
   */
  check(): Promise<void>;
  /** How long ago the keys were fetched last, in ms; null: never, or they need not be. */
  ageMs(): number | null;
  close(): void;
}

export interface KeySourceDependencies {
  readonly monotonic: () => number;
  readonly log: TokenLog | undefined;
  /** Called before the first use of keys that differ from those before. */
  readonly changed: () => void;
  /** Of one fetch, its whole answer included. */
  readonly timeoutMs: number;
  readonly fetch: KeySetFetch;
}

export function fixedKeys(keys: Keys): KeySource {
  return {
    current: () => keys,
    newerThan: () => null,
    refuseWhileAway: () => {},
    check: async () => {},
    ageMs: () => null,
    close: () => {},
  };
}
