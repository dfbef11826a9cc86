import type { Chance } from "../../src/sessions/clock.ts";

/** The one source of chance of a history: whoever needs some draws from it, in the order in which things happen. */
export class SeededChance implements Chance {
  #state: number;
  #made = 0;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Goes on from another seed: what follows does not depend on how much was drawn before. */
  reseed(seed: number): void {
    this.#state = seed | 0;
  }

  /** From 0 up to 1 (mulberry32). */
  readonly random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  readonly id = (): string => {
    this.#made += 1;
    return `id-${this.#made}`;
  };

  /** A whole number below `bound`. */
  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  happens(probability: number): boolean {
    return this.random() < probability;
  }

  /** @param items one at least */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("There is nothing to pick from");
    return item;
  }

  /** A seed for something of its own. */
  seed(): number {
    return this.below(2 ** 31);
  }
}
