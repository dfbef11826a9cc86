import { noAnswer } from "./problem.js";

/** A limit in time for whatever takes its signal, whose reason then is the problem `no-answer`. */
export class Deadline {
  #controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  get signal() {
    return this.#controller.signal;
  }

  /** Begins anew. @param {number} ms */
  within(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(noAnswer("nothing in time")), ms);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  abort() {
    this.#controller.abort();
  }
}
