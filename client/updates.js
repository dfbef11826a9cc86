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
  /** @type {(() => void) | null} */
  #arrived = null;
  /** @type {(() => void)[]} */
  #taken = [];
  #over = false;

  /**
   * @param {((update: Update) => void) | null} listener
   * @param {(type: string) => boolean} onlyNewest of which types a slow loop gets the newest update alone
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
    if (this.#listener !== null) return this.#listener(update);
    const place = this.#onlyNewest(update.type) ? this.#waiting.findIndex(({ type }) => type === update.type) : -1;
    if (place >= 0) this.#waiting[place] = update;
    else this.#waiting.push(update);
    this.#arrived?.();
  }

  /** Nothing more comes; what waits can still be read. */
  end() {
    this.#over = true;
    this.#arrived?.();
  }

  /** Resolves when few enough wait. @param {number} most @returns {Promise<void> | void} */
  room(most) {
    if (this.#over || this.#waiting.length < most) return;
    return new Promise((resolve) => this.#taken.push(resolve));
  }

  /**
   * @param {() => void} leave what to do when the reader has left the loop
   * @returns {AsyncGenerator<Update, void, void>}
   */
  async *read(leave) {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          for (const resolve of this.#taken.splice(0)) resolve();
          yield next;
        } else if (this.#over) return;
        else {
          await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
            this.#arrived = resolve;
          });
          this.#arrived = null;
        }
      }
    } finally {
      this.#over = true;
      for (const resolve of this.#taken.splice(0)) resolve();
      leave();
    }
  }
}
