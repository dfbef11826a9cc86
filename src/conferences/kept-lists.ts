import { LRUCache } from "lru-cache";

/** A list as it goes out, written once for all who get it. */
export interface ConferenceList {
  readonly body: string;
  readonly etag: string;
  /** When the gateway was asked: a reading of `performance.now()`. */
  readonly asOf: number;
  /** Given before, so that it goes out with its `Age`. */
  readonly reused: boolean;
}

/** A VDN with hundreds of large conferences has a list of a megabyte, so what is kept is bounded by its size. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_LISTS = 50_000;
/** What an entry takes beside its body: key, ETag and the cache's own places. In bytes, roughly. */
const ENTRY_BYTES = 512;

/**
 * Lists that may be given again while they are young enough (`CONFERENCE_FRESH_MS`), counted from when the gateway was
 * asked. They are gone when their age is over, whether somebody comes for them or not; past 64 MiB the one used longest ago goes.
 */
export class KeptLists {
  readonly #lists: LRUCache<string, ConferenceList> | null;

  /** @param freshMs the age up to which a list may be given again; 0: none is kept */
  constructor(freshMs: number) {
    this.#lists =
      freshMs === 0
        ? null
        : new LRUCache({
            max: MOST_LISTS,
            maxSize: MOST_BYTES,
            sizeCalculation: ({ body }) => Buffer.byteLength(body) + ENTRY_BYTES,
            ttl: freshMs,
            ttlAutopurge: true,
          });
  }

  get(key: string): ConferenceList | null {
    return this.#lists?.get(key) ?? null;
  }

  keep(key: string, list: ConferenceList): void {
    this.#lists?.set(key, list, { start: list.asOf });
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#lists?.calculatedSize ?? 0;
  }
}
