import type { CorruptRecord } from "../sessions/index.ts";

/** In ms: what comes within this after a line is told together. */
const TOLD_TOGETHER_MS = 60_000;
/** More of them say no more. */
const MOST_NAMED = 16;

/** What has come since the last line: how many, and the names of the first. */
export interface MoreCorruptRecords {
  readonly kind: string;
  readonly why: string;
  readonly records: number;
  readonly names: readonly string[];
}

/** That cannot be read, or is no more where it was. */
type UnusableRecord = Omit<CorruptRecord, "why"> & { readonly why: CorruptRecord["why"] | "lost" };

/**
 * Records that cannot be read, or were lost: the first of a kind is told at once, and all that follow within a minute at its end. A key that
 * is missing, or a damaged disk, makes thousands of them within a second.
 */
export class CorruptRecords {
  readonly #tellMore: (more: MoreCorruptRecords) => void;
  /** By kind and reason, which are few words. */
  readonly #untold = new Map<string, { records: number; readonly names: string[] }>();

  constructor(tellMore: (more: MoreCorruptRecords) => void) {
    this.#tellMore = tellMore;
  }

  /** Whether the record is to be told now. */
  isFirst({ kind, name, why }: UnusableRecord): boolean {
    const untold = this.#untold.get(`${kind} ${why}`);
    if (untold === undefined) {
      this.#gather(kind, why);
      return true;
    }
    untold.records += 1;
    if (untold.names.length < MOST_NAMED) untold.names.push(name);
    return false;
  }

  #gather(kind: string, why: string): void {
    const untold = { records: 0, names: [] };
    this.#untold.set(`${kind} ${why}`, untold);
    const over = (): void => {
      this.#untold.delete(`${kind} ${why}`);
      if (untold.records === 0) return;
      this.#tellMore({ kind, why, ...untold });
      this.#gather(kind, why);
    };
    setTimeout(over, TOLD_TOGETHER_MS).unref();
  }
}
