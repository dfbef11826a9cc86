import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { CorruptRecord, StoreOptions } from "./port.ts";

/** Reported records are remembered up to this many, so that a record that stays is reported once. */
const MOST_REMEMBERED = 10_000;

/** Tells of each record that cannot be read once, and again when it has become another one. */
export class CorruptReports {
  readonly #onCorrupt: StoreOptions["onCorrupt"];
  readonly #reported = new LRUCache<string, true>({ max: MOST_REMEMBERED });

  constructor(onCorrupt: StoreOptions["onCorrupt"]) {
    this.#onCorrupt = onCorrupt;
  }

  /** @param value what is there in its place; not told, but told apart */
  report(record: CorruptRecord, value: unknown): void {
    const mark = hash("sha256", `${record.kind} ${record.name} ${String(value)}`, "base64url");
    if (this.#reported.get(mark)) return;
    this.#reported.set(mark, true);
    this.#onCorrupt(record);
  }
}
