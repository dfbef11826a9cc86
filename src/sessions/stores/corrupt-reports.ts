import { hash } from "node:crypto";
import type { StoreOptions } from "./port.ts";

/** Reported records are remembered up to this many, so that a record that stays is reported once. */
const MOST_REMEMBERED = 10_000;

export type CorruptRecord = Parameters<StoreOptions["onCorrupt"]>[0];

/** Tells of each record that cannot be read once, and again when it has become another one. */
export class CorruptReports {
  readonly #onCorrupt: StoreOptions["onCorrupt"];
  readonly #reported = new Set<string>();

  constructor(onCorrupt: StoreOptions["onCorrupt"]) {
    this.#onCorrupt = onCorrupt;
  }

  /** @param value what is there in its place; not told, but told apart */
  report(record: CorruptRecord, value: unknown): void {
    const mark = hash("sha256", `${record.kind} ${record.name} ${String(value)}`, "base64url");
    if (this.#reported.has(mark)) return;
    if (this.#reported.size >= MOST_REMEMBERED) this.#reported.clear();
    this.#reported.add(mark);
    this.#onCorrupt(record);
  }
}
