interface Entry {
  readonly at: number;
  readonly undo: () => void;
}

/** What is older than this nobody loses. */
const KEPT_MS = 2_000;

/** The last writes, so that they can be lost: a replica that is promoted has not seen them, or the disk has not. */
export class Journal {
  readonly #now: () => number;
  #entries: Entry[] = [];

  constructor(now: () => number) {
    this.#now = now;
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

  /** A place in it, for {@link undoFrom}. */
  get place(): Entry | null {
    return this.#entries.at(-1) ?? null;
  }

  /** Whatever was written since `at` never was. Answers with how much that is. */
  undoSince(at: number): number {
    return this.#undoWhile((entry) => entry.at >= at);
  }

  /** Whatever was written after a place never was. */
  undoAfter(place: Entry | null): number {
    if (place !== null && !this.#entries.includes(place)) return 0;
    return this.#undoWhile((entry) => entry !== place);
  }

  /** From here on nothing of it can be lost. */
  keep(): void {
    this.#entries = [];
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
    if (this.#entries.length > 64 && (this.#entries[32]?.at ?? now) < now - KEPT_MS) this.#entries.splice(0, 32);
    const was = map.get(key);
    const undo = was === undefined ? () => void map.delete(key) : () => void map.set(key, was);
    this.#entries.push({ at: now, undo });
  }
}
