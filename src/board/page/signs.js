import { byId } from "./page-elements.js";
import { counted } from "./words.js";

/** @import { Status } from "./status.js" */

const NAME = "Conference board";
const ICONS = { live: "icon-live.svg", wait: "icon.svg", late: "icon-late.svg", stale: "icon-stale.svg" };

/** What the browser's tab says about the page: its title and its icon. */
export class Signs {
  #icon = /** @type {HTMLLinkElement} */ (byId("icon"));
  #folder = new URL("board/", document.baseURI);
  /** Alerts that nobody has seen yet. */
  #unseen = 0;
  #said = NAME;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.#unseen = 0;
      this.#title();
    });
  }

  /** @param {Status} status @param {number | null} conferences */
  show({ light, word, asOf }, conferences) {
    const count = conferences === null ? null : counted(conferences, "conference");
    this.#said = [asOf === null ? null : `${word} ${asOf}`, count, NAME].filter((part) => part !== null).join(" · ");
    this.#title();
    this.#show(light);
  }

  signIn() {
    this.#said = `Sign in · ${NAME}`;
    this.#title();
    this.#show("wait");
  }

  /** One more alert, which the title tells of while nobody looks. */
  mark() {
    if (!document.hidden) return;
    this.#unseen += 1;
    this.#title();
  }

  #title() {
    const title = this.#unseen === 0 ? this.#said : `(${this.#unseen}) ${this.#said}`;
    if (document.title !== title) document.title = title;
  }

  /** @param {keyof typeof ICONS} light */
  #show(light) {
    const { href } = new URL(ICONS[light], this.#folder);
    if (this.#icon.href !== href) this.#icon.href = href;
  }
}
