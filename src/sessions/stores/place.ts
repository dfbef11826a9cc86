/** Where sessions live, of `SESSION_STORE_URL`. */
export interface StorePlace {
  /** May hold a password. */
  readonly url: string;
  readonly kind: "memory" | "sqlite" | "redis";
  /** The sqlite file; null otherwise. */
  readonly path: string | null;
  /** Begins every key and channel of Redis. */
  readonly prefix: string;
  /** 32 bytes each, newest first. Null: generated beside the sqlite file, or for this run with `memory:`. */
  readonly keys: readonly Uint8Array[] | null;
}

/** What is wrong with an sqlite store's URL that a path made of it would not show; null: nothing. */
export const whyNoFile = (url: string): string | null =>
  /[/\\]$/.test(url) ? "names a folder, and not a file in it" : null;
