import { repeat } from "./lit-html/directives/repeat.js";
import { html, nothing } from "./lit-html/lit-html.js";
import { participantsView } from "./participants-view.js";
import { minutesLeft, timeState } from "./urgency.js";
import { counted, duration, timeLeft, timeOfDay, wholeTime } from "./words.js";

/**
 * @import { Conference } from "./client/api.d.ts"
 * @import { Entry } from "./overview.js"
 * @import { Page } from "./participants-view.js"
 */

/** @param {readonly Entry[]} entries @param {Page} page */
export const cardsView = (entries, page) => html`
  <ul class="cards" aria-label="Conferences">
    ${repeat(
      entries,
      ({ conference }) => conference.id,
      (entry) => cardView(entry, page),
    )}
  </ul>`;

/** @param {Entry} entry @param {Page} page */
function cardView({ conference, marked, endedAt }, page) {
  const { id, startedAt, participants } = conference;
  return html`
    <li class="conference" data-key=${id} data-time=${timeState(conference)} ?data-marked=${marked} ?data-ended=${endedAt !== null}>
      <article aria-labelledby="conference-${id}">
        <header>
          <h2 id="conference-${id}" tabindex="-1"><span class="word">Conference</span> ${id}</h2>
          ${badgesView(conference, endedAt)}
        </header>
        ${timeView(conference)}
        <p class="since">
          Since <time datetime=${startedAt} title=${wholeTime(startedAt)}>${timeOfDay(startedAt, page.serviceNow)}</time>
          · ${counted(participants.length, "participant")}
        </p>
        ${participantsView(conference, page)}
      </article>
    </li>`;
}

/** @param {Conference} conference @param {number | null} endedAt */
export function badgesView({ state }, endedAt) {
  if (endedAt !== null) return html`<span class="badge ended">Ended</span>`;
  return state === "announcement" ? html`<span class="badge">Announcement</span>` : nothing;
}

/** @param {Conference} conference */
export function timeView(conference) {
  const { id, bookedMinutes, elapsedMinutes } = conference;
  const left = timeLeft(minutesLeft(conference));
  return html`
    <p class="time">
      <span class="left">${left}</span>
      <span class="elapsed">${duration(elapsedMinutes)} of ${duration(bookedMinutes)}</span>
    </p>
    <progress
      max=${Math.max(1, bookedMinutes)}
      value=${Math.min(elapsedMinutes, Math.max(1, bookedMinutes))}
      aria-label="Time used by conference ${id}"
      aria-valuetext="${duration(elapsedMinutes)} of ${duration(bookedMinutes)}, ${left}"
    ></progress>`;
}
