/**
 * Updates on their way to one reader: a function that is called with each, or a loop.
 *
 * @template {{ type: string }} Update
 */
export class Updates {
  /** @type {((update: Update) => void) | null} */
  #listener;
  /** @type {(type: string) => boolean} */
  #onlyNewest;
  /** @type {Update[]} */
  #waiting = [];
  /** Waits for the next one. @type {(() => void)[]} */
  #arrived = [];
  /** @type {(() => void)[]} */
  #taken = [];
  #over = false;

  /**
   * @param {((update: Update) => void) | null} listener
   * @param {(type: string) => boolean} onlyNewest of which types a slow loop gets the newest update alone, in its place
   */
  constructor(listener, onlyNewest) {
    this.#listener = listener;
    this.#onlyNewest = onlyNewest;
  }

  /** How many wait to be read. */
  get waiting() {
    return this.#waiting.length;
  }

  /** @param {Update} update */
  push(update) {
    if (this.#over) return;
    if (this.#listener !== null) return call(this.#listener, update);
    // What is newer comes later: a trouble that is over must not be read after the word that it is.
    const place = this.#onlyNewest(update.type) ? this.#waiting.findIndex(({ type }) => type === update.type) : -1;
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#waiting.push(update);
    wake(this.#arrived);
  }

  /** Nothing more comes; what waits can still be read. */
  end() {
    this.#over = true;
    wake(this.#arrived);
  }

  /** Resolves when few enough wait. @param {number} most @returns {Promise<void> | void} */
  room(most) {
    if (this.#over || this.#waiting.length < most) return;
    return new Promise((resolve) => this.#taken.push(resolve));
  }

  /**
   * Not a generator: that would hear of a reader who has left only when something comes.
   *
   * @param {() => void} leave what to do when the reader has left the loop
   * @returns {AsyncIterableIterator<Update>}
   */
  read(leave) {
    let left = false;
    /** @type {AsyncIterableIterator<Update>} */
    const reader = {
      next: async () => {
        while (!left && !this.#over && this.#waiting.length === 0) {
          await new Promise((/** @type {(value?: undefined) => void} */ resolve) => this.#arrived.push(resolve));
        }
        const value = left ? undefined : this.#waiting.shift();
        if (value === undefined) return { done: true, value };
        wake(this.#taken);
        return { done: false, value };
      },
      return: async () => {
        left = true;
        this.end();
        wake(this.#taken);
        leave();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => reader,
    };
    return reader;
  }
}

/** @param {(() => void)[]} waits all of them are over */
function wake(waits) {
  for (const resolve of waits.splice(0)) resolve();
}

/**
 * A listener that throws is a mistake in the program: reported as any uncaught error is, and no failure of the line.
 *
 * @template Update
 * @param {(update: Update) => void} listener
 * @param {Update} update
 */
function call(listener, update) {
  try {
    listener(update);
  } catch (error) {
    if (typeof globalThis.reportError === "function") globalThis.reportError(error);
    else {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
