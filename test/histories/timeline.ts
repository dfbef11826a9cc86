interface Happening {
  readonly at: number;
  /** Who goes first of those that are due at the same moment: chance says so. */
  readonly rank: number;
  /** Null once it is called off. */
  call: (() => void) | null;
}

const settled = Promise.resolve();

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.rank < b.rank);

/**
 * The time of a whole world, in ms, and everything that is still to happen in it. Whatever waits in the world waits here,
 * for a timer, for the store or for the gateway, so that this alone decides who goes on when.
 */
export class Timeline {
  /** A binary heap, the next one first. */
  readonly #happenings: Happening[] = [];
  readonly #random: () => number;
  #now = 0;
  #happened = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get now(): number {
    return this.#now;
  }

  /** How much has happened. */
  get happened(): number {
    return this.#happened;
  }

  /** How much is still to happen, what was called off included. */
  get awaited(): number {
    return this.#happenings.length;
  }

  /** Calls at a moment that is not past. Answers with what calls it off. */
  at(when: number, call: () => void): () => void {
    const happening: Happening = { at: Math.max(when, this.#now), rank: this.#random(), call };
    const heap = this.#happenings;
    let at = heap.push(happening) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(happening, heap[up] as Happening); up = (at - 1) >> 1) {
      heap[at] = heap[up] as Happening;
      at = up;
    }
    heap[at] = happening;
    return () => {
      happening.call = null;
    };
  }

  in(ms: number, call: () => void): () => void {
    return this.at(this.#now + ms, call);
  }

  /** Lets `ms` pass, one happening after the other, and whatever each brings about before the next. */
  pass(ms: number, afterEach: () => void): Promise<void> {
    const until = this.#now + ms;
    return new Promise((resolve, reject) => {
      const happen = (): void => {
        try {
          afterEach();
          const next = this.#next(until);
          if (next === undefined) {
            this.#now = until;
            resolve();
            return;
          }
          this.#now = next.at;
          this.#happened += 1;
          next.call?.();
        } catch (error) {
          reject(error);
          return;
        }
        settled.then(goOn);
      };
      // Ticks come after all microtasks, those included that they begin themselves: everything that waits for nothing has
      // run by then. It costs a hundredth of a turn of the event loop.
      const goOn = (): void => process.nextTick(happen);
      settled.then(goOn);
    });
  }

  #next(until: number): Happening | undefined {
    const heap = this.#happenings;
    while (heap[0]?.call === null) this.#takeFirst();
    return heap[0] !== undefined && heap[0].at <= until ? this.#takeFirst() : undefined;
  }

  #takeFirst(): Happening | undefined {
    const heap = this.#happenings;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Happening, heap[down] as Happening)) down += 1;
      if (down >= heap.length || isBefore(last, heap[down] as Happening)) break;
      heap[at] = heap[down] as Happening;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}
