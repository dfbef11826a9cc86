import { live } from "./lit-html/directives/live.js";
import { html, nothing } from "./lit-html/lit-html.js";
import { FILTERS, SORTS } from "./urgency.js";

/**
 * @import { Choice } from "./choice.js"
 * @import { Conference } from "./client/index.js"
 */

/**
 * @typedef {object} Tools
 * @property {readonly Conference[] | null} list null: none yet
 * @property {Choice} choice
 * @property {string} ownAgent
 * @property {string | null} asOf said when the list is not live
 * @property {boolean} feedOpen
 * @property {(change: Partial<Choice>) => void} onChoose
 * @property {() => void} onFeed
 */

/** The counters, which are filters; the search; order and view. @param {Tools} tools */
export function toolsView({ list, choice, ownAgent, asOf, feedOpen, onChoose, onFeed }) {
  return html`
    <h1 id="board-heading" tabindex="-1">Conferences${asOf === null ? nothing : html` <em>${asOf}</em>`}</h1>
    <div class="tools">
      <div class="filters" role="group" aria-label="Show only">
        <button type="button" aria-pressed=${choice.filters.length === 0} @click=${() => onChoose({ filters: [] })}>
          <b>${list?.length ?? "–"}</b> all
        </button>
        ${Object.entries(FILTERS).map(([name, { label, test }]) => {
          const count = list?.filter((conference) => test(conference, ownAgent)).length ?? "–";
          const on = choice.filters.includes(name);
          const filters = on ? choice.filters.filter((one) => one !== name) : [...choice.filters, name];
          return html`
            <button type="button" data-filter=${name} ?data-none=${count === 0 || list === null} aria-pressed=${on} @click=${() => onChoose({ filters })}>
              <b>${count}</b> ${label}
            </button>`;
        })}
      </div>
      <div class="finding">
        <label class="search">
          <span class="unseen">Search by agent, phone or id</span>
          <input
            id="search"
            type="search"
            placeholder="Agent, phone or id  ( / )"
            autocomplete="off"
            .value=${live(choice.text)}
            @input=${(/** @type {InputEvent} */ event) => onChoose({ text: /** @type {HTMLInputElement} */ (event.target).value })}
          />
        </label>
        <label class="sort">
          <span class="words">Sort by</span>
          <select id="sort" .value=${live(choice.sort)} @change=${(/** @type {Event} */ event) => onChoose({ sort: /** @type {HTMLSelectElement} */ (event.target).value })}>
            ${Object.entries(SORTS).map(([name, { label }]) => html`<option value=${name} ?selected=${name === choice.sort}>${label}</option>`)}
          </select>
        </label>
        <div class="views" role="group" aria-label="View">
          ${(/** @type {const} */ (["cards", "table"])).map(
            (view) => html`
              <button type="button" data-view=${view} aria-pressed=${choice.view === view} @click=${() => onChoose({ view })}>
                ${view === "cards" ? "Cards" : "Table"}
              </button>`,
          )}
        </div>
        <button type="button" id="feed-open" aria-expanded=${feedOpen} aria-controls="feed" @click=${onFeed}>Changes</button>
      </div>
    </div>`;
}
