import { BasicPooledClientSideCache } from "@redis/client";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.ts";
import type { AgentSession, AppSession } from "../../model.ts";
import { recordBytes } from "../record-bytes.ts";

/**
 * How long an entry is believed without a look. Redis invalidates in milliseconds; this is the backstop for a server
 * that stays connected but is no longer the one which takes the writes, as around a failover.
 */
const BELIEVED_MS = 15_000;
/** Octets of an entry whose answer is still to come. */
const ASKED_BYTES = 200;

interface Entry<Value> {
  /** Undefined: the question is under way. */
  readonly value: Value | undefined;
  readonly until: number;
}

/**
 * Opened records of the hot reads, kept until Redis says that their key has changed (server-assisted client-side
 * caching, https://redis.io/docs/latest/develop/reference/client-side-caching/). @redis/client has such a cache, of
 * replies: a hit there costs a clone, unsealing and parsing.
 */
export class RecordCache<Value extends AppSession | AgentSession> {
  readonly #entries: LRUCache<string, Entry<Value>>;
  readonly #clock: Clock;

  constructor(clock: Clock, mostBytes: number) {
    this.#clock = clock;
    this.#entries = new LRUCache({
      maxSize: mostBytes,
      sizeCalculation: ({ value }) => (value === undefined ? ASKED_BYTES : recordBytes(value)),
    });
  }

  /** @param fresh Asks Redis whatever is cached: an invalidation may still be under way. */
  async read(key: string, fresh: boolean, load: () => Promise<Value | null>): Promise<Value | null> {
    const now = this.#clock.monotonic();
    const cached = fresh ? undefined : this.#entries.get(key);
    if (cached?.value !== undefined && now < cached.until) return cached.value;
    // The entry is there before the question is: when an invalidation removes it, the answer is not kept.
    const asked: Entry<Value> = { value: undefined, until: now + BELIEVED_MS };
    this.#entries.set(key, asked);
    let value: Value | null = null;
    try {
      value = await load();
    } finally {
      if (this.#entries.get(key) === asked) {
        if (value === null) this.#entries.delete(key);
        else this.#entries.set(key, { ...asked, value });
      }
    }
    return value;
  }

  /** Our own write is seen by our own next read, whenever the invalidation comes; without an answer as well. */
  async written<Answer>(key: string, write: () => Promise<Answer>): Promise<Answer> {
    try {
      return await write();
    } finally {
      this.drop(key);
    }
  }

  /** The key has changed, or may have. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}

type Dropping = Pick<RecordCache<AppSession>, "drop" | "clear">;

/**
 * Makes @redis/client turn on tracking and hand its invalidations on. The replies themselves are not cached here: only
 * typed commands would be, and the adapter sends raw ones.
 */
export class Invalidations extends BasicPooledClientSideCache {
  readonly #caches: readonly Dropping[];

  constructor(caches: readonly Dropping[]) {
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
