import { repeat } from "./lit-html/directives/repeat.js";
import { html } from "./lit-html/lit-html.js";
import { timeWithSeconds } from "./words.js";

/** @import { FeedEntry } from "./overview.js" */

/**
 * What happened, the newest first. A line leads to its conference, as long as that is there.
 *
 * @param {readonly FeedEntry[]} feed
 * @param {ReadonlySet<string>} there ids of the conferences on the page
 * @param {{ waits: boolean, onGo: (id: string) => void, onClose: () => void }} page `waits`: no list has come yet
 */
export const feedView = (feed, there, { waits, onGo, onClose }) => html`
  <header>
    <h2 id="feed-heading" tabindex="-1">What happened</h2>
    <button type="button" class="close" @click=${onClose}>Close</button>
  </header>
  ${
    feed.length === 0
      ? html`<p class="quiet">${waits ? "No list has come yet." : "Nothing has changed since this page was opened."}</p>`
      : html`
          <ol class="feed">
            ${repeat(
              feed,
              ({ number }) => number,
              (entry) => html`
                <li data-kind=${entry.kind}>
                  <time datetime=${new Date(entry.at).toISOString()}>${timeWithSeconds(entry.at)}</time>
                  ${
                    there.has(entry.id)
                      ? html`<button type="button" class="link" @click=${() => onGo(entry.id)}>${entry.text}</button>`
                      : html`<span>${entry.text}</span>`
                  }
                </li>`,
            )}
          </ol>`
  }`;
