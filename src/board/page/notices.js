import { html, nothing } from "./lit-html/lit-html.js";

/** @import { TemplateResult } from "./lit-html/lit-html.js" */

/**
 * Something to be said at the head of the board.
 *
 * @typedef {object} Notice
 * @property {"bad" | "warn"} kind
 * @property {string} title
 * @property {string | TemplateResult} [text]
 * @property {{ words: string, act: () => void }} [action]
 */

/** @typedef {"list" | "sign-out" | "agent" | "age" | "password"} About `list`: why there is none, or no newer one */

/** @type {readonly About[]} */
const ORDER = ["list", "sign-out", "agent", "age", "password"];

/** One notice of each kind: what ends one, such as the next list, takes no other away. */
export class Notices {
  /** @type {Map<About, Notice>} */
  #said = new Map();

  /**
   * @param {About} about
   * @param {Notice | null} notice null: nothing any more
   * @returns {boolean} whether that is anything new
   */
  note(about, notice) {
    if (notice === null) return this.#said.delete(about);
    this.#said.set(about, notice);
    return true;
  }

  /** Whether it is said why there is no list. */
  get explainsList() {
    return this.#said.has("list");
  }

  /** The most important first. */
  get all() {
    return ORDER.flatMap((about) => this.#said.get(about) ?? []);
  }
}

/** @param {Notices} notices */
export const noticesView = (notices) => notices.all.map(noticeView);

/** @param {Notice} notice */
const noticeView = ({ kind, title, text, action }) => html`
  <div class="notice ${kind}" role=${kind === "bad" ? "alert" : "status"}>
    <p><strong>${title}</strong></p>
    ${text === undefined ? nothing : html`<p>${text}</p>`}
    ${action === undefined ? nothing : html`<button type="button" @click=${action.act}>${action.words}</button>`}
  </div>`;
