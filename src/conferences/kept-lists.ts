import { LRUCache } from "lru-cache";
import { agesBy, type Sessions } from "../sessions/index.ts";

/** A list as it goes out, written once for all who get it. */
export interface ConferenceList {
  readonly body: string;
  readonly etag: string;
  /** When the gateway was asked: a reading of the clock's `monotonic()`. */
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
  readonly #freshMs: number;
  readonly #clock: Sessions["clock"];
  #purging = false;

  /** @param freshMs the age up to which a list may be given again; 0: none is kept */
  constructor(freshMs: number, clock: Sessions["clock"]) {
    this.#freshMs = freshMs;
    this.#clock = clock;
    this.#lists =
      freshMs === 0
        ? null
        : new LRUCache({
            max: MOST_LISTS,
            maxSize: MOST_BYTES,
            sizeCalculation: ({ body }) => Buffer.byteLength(body) + ENTRY_BYTES,
            ttl: freshMs,
            ...agesBy(clock),
          });
  }

  get(key: string): ConferenceList | null {
    return this.#lists?.get(key) ?? null;
  }

  keep(key: string, list: ConferenceList): void {
    if (this.#lists === null) return;
    this.#lists.set(key, list, { start: list.asOf + 1 });
    this.#purgeLater(this.#lists);
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#lists?.calculatedSize ?? 0;
  }

  /** One timer for all: nothing is kept for longer than twice its age. */
  #purgeLater(lists: LRUCache<string, ConferenceList>): void {
    if (this.#purging) return;
    this.#purging = true;
    this.#clock.after(this.#freshMs, () => {
      this.#purging = false;
      lists.purgeStale();
      if (lists.size > 0) this.#purgeLater(lists);
    });
  }
}
