import { cardsView } from "./card-view.js";
import { html, nothing } from "./lit-html/lit-html.js";
import { noticesView } from "./notices.js";
import { tableView } from "./table-view.js";
import { toolsView } from "./tools-view.js";
import { FILTERS, matches, order } from "./urgency.js";
import { counted } from "./words.js";

/**
 * @import { Choice } from "./choice.js"
 * @import { Conference } from "./client/index.js"
 * @import { Notices } from "./notices.js"
 * @import { Entry } from "./overview.js"
 * @import { Page } from "./participants-view.js"
 */

/**
 * @typedef {object} Listing
 * @property {readonly Entry[]} entries
 * @property {readonly Conference[] | null} list null: none yet
 * @property {Choice} choice
 * @property {Notices} notices
 * @property {string | null} asOf
 * @property {boolean} feedOpen
 * @property {Page} page
 * @property {(change: Partial<Choice>) => void} onChoose
 * @property {() => void} onFeed
 */

/** Everything of the board but its status and its feed. @param {Listing} listing */
export function listView({ entries, list, choice, notices, asOf, feedOpen, page, onChoose, onFeed }) {
  const { ownAgent } = page;
  const tools = { list, choice, ownAgent, asOf, feedOpen, onChoose, onFeed };
  const chosen = choose(entries, choice, ownAgent);
  return html`
    ${toolsView(tools)}
    ${noticesView(notices)}
    ${
      list === null
        ? notices.explainsList
          ? nothing
          : html`<p class="quiet" id="waiting">Waiting for the list …</p>`
        : entries.length === 0
          ? html`<div class="empty"><h2>No conference is going on</h2><p>This page shows the next one as soon as it starts.</p></div>`
          : chosen.length === 0
            ? html`<div class="empty">
                <h2>No conference is like that</h2>
                <p>${counted(list.length, "conference")} going on. <button type="button" class="link" @click=${() => onChoose({ filters: [], text: "" })}>Show all</button></p>
              </div>`
            : choice.view === "table"
              ? tableView(chosen, page)
              : cardsView(chosen, page)
    }`;
}

/**
 * @param {readonly Entry[]} entries
 * @param {Choice} choice
 * @param {string} ownAgent
 */
function choose(entries, { sort, filters, text }, ownAgent) {
  const compare = order(sort);
  return entries
    .filter(({ conference }) => {
      const wanted = filters.length === 0 || filters.some((name) => FILTERS[name]?.test(conference, ownAgent));
      return wanted && matches(conference, text);
    })
    .sort((one, other) => compare(one.conference, other.conference));
}
