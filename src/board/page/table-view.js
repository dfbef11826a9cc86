import { badgesView, timeView } from "./card-view.js";
import { repeat } from "./lit-html/directives/repeat.js";
import { html } from "./lit-html/lit-html.js";
import { participantsView } from "./participants-view.js";
import { timeState } from "./urgency.js";
import { timeOfDay, wholeTime } from "./words.js";

/**
 * @import { Entry } from "./overview.js"
 * @import { Page } from "./participants-view.js"
 */

/** The dense view: a conference a line. @param {readonly Entry[]} entries @param {Page} page */
export const tableView = (entries, page) => html`
  <table class="dense">
    <thead>
      <tr>
        <th scope="col">Conference</th>
        <th scope="col">Time</th>
        <th scope="col">Since</th>
        <th scope="col" class="number">People</th>
        <th scope="col">Participants</th>
      </tr>
    </thead>
    <tbody>
      ${repeat(
        entries,
        ({ conference }) => conference.id,
        (entry) => rowView(entry, page),
      )}
    </tbody>
  </table>`;

/** @param {Entry} entry @param {Page} page */
function rowView({ conference, marked, endedAt }, page) {
  const { id, startedAt, participants } = conference;
  return html`
    <tr class="conference" data-key=${id} data-time=${timeState(conference)} ?data-marked=${marked} ?data-ended=${endedAt !== null}>
      <td class="which">
        <h2 id="conference-${id}" tabindex="-1"><span class="unseen">Conference</span> ${id}</h2>
        ${badgesView(conference, endedAt)}
      </td>
      <td class="when">${timeView(conference)}</td>
      <td class="since"><time datetime=${startedAt} title=${wholeTime(startedAt)}>${timeOfDay(startedAt, page.serviceNow)}</time></td>
      <td class="number"><span class="size">${participants.length}</span><span class="unit"> ${participants.length === 1 ? "person" : "people"}</span></td>
      <td class="who">${participantsView(conference, page)}</td>
    </tr>`;
}
