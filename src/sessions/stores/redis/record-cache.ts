import { BasicPooledClientSideCache } from "@redis/client";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.ts";

/**
 * How long an entry is believed without a look. Redis invalidates in milliseconds; this is the backstop for a server
 * that stays connected but is no longer the one which takes the writes, as around a failover.
 */
const BELIEVED_MS = 15_000;
const MOST_CACHED = 20_000;

interface Entry<Value> {
  value: Value | undefined;
  readonly until: number;
}

/**
 * Opened records of the hot reads, kept until Redis says that their key has changed (server-assisted client-side
 * caching, https://redis.io/docs/latest/develop/reference/client-side-caching/). @redis/client has such a cache, of
 * replies: a hit there costs a clone, unsealing and parsing.
 */
export class RecordCache<Value> {
  readonly #entries = new LRUCache<string, Entry<Value>>({ max: MOST_CACHED });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param fresh Asks Redis whatever is cached: an invalidation may still be under way. */
  async read(key: string, fresh: boolean, load: () => Promise<Value | null>): Promise<Value | null> {
    const now = this.#clock.monotonic();
    const cached = fresh ? undefined : this.#entries.get(key);
    if (cached?.value !== undefined && now < cached.until) return cached.value;
    // The entry is there before the question is: when an invalidation removes it, the answer is not kept.
    const entry: Entry<Value> = { value: undefined, until: now + BELIEVED_MS };
    this.#entries.set(key, entry);
    try {
      entry.value = (await load()) ?? undefined;
    } finally {
      if (entry.value === undefined && this.#entries.get(key) === entry) this.#entries.delete(key);
    }
    return entry.value ?? null;
  }

  /** The key has changed, or may have. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/**
 * Makes @redis/client turn on tracking and hand its invalidations on. The replies themselves are not cached here: only
 * typed commands would be, and the adapter sends raw ones.
 */
export class Invalidations extends BasicPooledClientSideCache {
  readonly #caches: readonly Pick<RecordCache<unknown>, "drop" | "clear">[];

  constructor(caches: readonly Pick<RecordCache<unknown>, "drop" | "clear">[]) {
    super({ recordStats: false });
    this.#caches = caches;
  }

  /** @param key null: the connection was lost or the server forgot what it tracked, and nothing is sure any more */
  override invalidate(key: string | Buffer | null): void {
    if (key === null) this.clear();
    else for (const cache of this.#caches) cache.drop(key.toString());
  }

  override clear(): void {
    for (const cache of this.#caches) cache.clear();
  }
}
