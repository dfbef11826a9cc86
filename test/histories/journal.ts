interface Entry {
  readonly at: number;
  readonly undo: () => void;
}

/** A replica is not further behind. */
const KEPT_MS = 2_000;

/** The last writes, so that they can be lost: a replica that is promoted has not seen them, or the disk has not. */
export class Journal {
  readonly #now: () => number;
  readonly #keptMs: number;
  #entries: Entry[] = [];

  /** @param keptMs what is older nobody loses */
  constructor(now: () => number, keptMs = KEPT_MS) {
    this.#now = now;
    this.#keptMs = keptMs;
  }

  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
    this.#remember(map, key);
    map.set(key, value);
  }

  delete<Key, Value>(map: Map<Key, Value>, key: Key): void {
    if (!map.has(key)) return;
    this.#remember(map, key);
    map.delete(key);
  }

  /** Behind the last write, for {@link keepUpTo}. */
  get place(): Entry | null {
    return this.#entries.at(-1) ?? null;
  }

  /** Whatever was written since `at` never was. Answers with how much that is. */
  undoSince(at: number): number {
    return this.#undoWhile((entry) => entry.at >= at);
  }

  /** The last writes never were, so many of them. */
  undoLast(count: number): number {
    let left = count;
    return this.#undoWhile(() => left-- > 0);
  }

  /** How many writes can still be lost. */
  get unsure(): number {
    return this.#entries.length;
  }

  /** What was written up to a place can be lost no more. */
  keepUpTo(place: Entry | null): void {
    this.#entries.splice(0, place === null ? 0 : this.#entries.indexOf(place) + 1);
  }

  #undoWhile(isLost: (entry: Entry) => boolean): number {
    let undone = 0;
    for (let last = this.#entries.at(-1); last !== undefined && isLost(last); last = this.#entries.at(-1)) {
      last.undo();
      this.#entries.pop();
      undone += 1;
    }
    return undone;
  }

  #remember<Key, Value>(map: Map<Key, Value>, key: Key): void {
    const now = this.#now();
    if (this.#entries.length > 64 && (this.#entries[32]?.at ?? now) < now - this.#keptMs) this.#entries.splice(0, 32);
    const was = map.get(key);
    const undo = was === undefined ? () => void map.delete(key) : () => void map.set(key, was);
    this.#entries.push({ at: now, undo });
  }
}
