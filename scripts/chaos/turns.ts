import { rest } from "./rest.ts";

/** One at a time, with a pause after each. */
export class Turns {
  readonly #calmMs: number;
  #last: Promise<void> = Promise.resolve();

  constructor(calmMs: number) {
    this.#calmMs = calmMs;
  }

  /** Plays in its turn, or not at all when the signal comes first; resolves when it is over, before the pause. */
  take(signal: AbortSignal, play: () => Promise<void>): Promise<void> {
    const played = this.#last.then(() => (signal.aborted ? undefined : play()));
    this.#last = played.catch(() => undefined).then(() => rest(this.#calmMs, signal));
    return played;
  }
}
