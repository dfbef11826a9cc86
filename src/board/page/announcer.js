import { byId } from "./page-elements.js";

/** Somebody who listens can take in so much at once, and so often. */
const MOST_SAID = 3;
const PAUSE_MS = 10_000;

/** Says what changes to who cannot see it: gathered, the most important first, and not at all when it is not wanted. */
export class Announcer {
  #region = byId("announcer");
  /** @type {string[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #lastAt = Number.NEGATIVE_INFINITY;
  silent = false;

  /** @param {readonly string[]} sentences */
  say(sentences) {
    if (this.silent || sentences.length === 0) return;
    this.#waiting.push(...sentences);
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#lastAt + PAUSE_MS - performance.now());
    this.#timer = setTimeout(() => this.#speak(), wait);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#region.textContent = "";
  }

  #speak() {
    const said = this.#waiting.splice(0);
    const more = said.length - MOST_SAID;
    const rest = more > 0 ? [`And ${more} more ${more === 1 ? "change" : "changes"}.`] : [];
    this.#lastAt = performance.now();
    this.#region.textContent = [...said.slice(0, MOST_SAID), ...rest].join(" ");
  }
}
