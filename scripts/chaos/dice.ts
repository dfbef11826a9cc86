/** Chance that comes out the same again with the same seed. */
export interface Dice {
  /** From 0 up to 1. */
  roll(): number;
  between(low: number, high: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
}

/**
 * Dice of their own for each part that throws them, so that the order in which the parts take turns changes nothing
 * about what each of them gets. (mulberry32: 32 bits of state are enough to choose a fault.)
 */
export function diceFor(seed: number, part: string): Dice {
  let state = seed >>> 0;
  for (const letter of part) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  function pick<T>(items: readonly [T, ...T[]]): T;
  function pick<T>(items: readonly T[]): T | undefined;
  function pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(roll() * items.length)];
  }
  return { roll, between: (low, high) => low + roll() * (high - low), pick };
}
