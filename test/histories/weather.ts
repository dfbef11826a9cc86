import type { Timeline } from "./timeline.ts";

interface Window {
  readonly from: number;
  /** Null while it lasts. */
  until: number | null;
}

/** For how long a fault is felt after its end: what was given up is tried again by then. */
const AFTERWARDS_MS = 6_000;

/**
 * Which faults there are at the moment, and when there were none: whether the world gave the service a chance is answered
 * here, for all that is checked.
 */
export class Weather {
  readonly #timeline: Timeline;
  readonly #faults = new Map<string, number>();
  readonly #calm: Window[] = [{ from: 0, until: null }];
  /** When each kind of fault was felt last. */
  readonly #last = new Map<string, number>();
  readonly seen = new Set<string>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  begin(fault: string): void {
    this.seen.add(fault);
    this.#last.set(fault, this.#timeline.now);
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
    const last = this.#calm.at(-1);
    if (last !== undefined && last.until === null) last.until = this.#timeline.now;
  }

  end(fault: string): void {
    const left = (this.#faults.get(fault) ?? 1) - 1;
    this.#last.set(fault, this.#timeline.now);
    if (left > 0) this.#faults.set(fault, left);
    else this.#faults.delete(fault);
    if (this.#faults.size === 0) this.#calm.push({ from: this.#timeline.now + AFTERWARDS_MS, until: null });
  }

  /** Something that takes no time, such as a kill. */
  strike(fault: string): void {
    this.begin(fault);
    this.end(fault);
  }

  /** How long ago the fault was felt last, in ms: 0 while it is, infinity where it never was. */
  since(fault: string): number {
    if (this.#faults.has(fault)) return 0;
    const last = this.#last.get(fault);
    return last === undefined ? Number.POSITIVE_INFINITY : this.#timeline.now - last;
  }

  /** Whether nothing at all was wrong from one moment to the other. */
  wasCalm(from: number, until = this.#timeline.now): boolean {
    return this.longestCalm(from, until) >= until - from;
  }

  /** The longest time without a fault between two moments, in ms. */
  longestCalm(from: number, until = this.#timeline.now): number {
    let longest = 0;
    for (let at = this.#calm.length - 1; at >= 0; at--) {
      const window = this.#calm[at] as Window;
      longest = Math.max(longest, Math.min(until, window.until ?? until) - Math.max(from, window.from));
      if (window.from < from) break;
    }
    return longest;
  }

  /** The faults of this moment. */
  get now(): readonly string[] {
    return [...this.#faults.keys()];
  }
}
