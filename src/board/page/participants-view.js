import { keyOf, kindName } from "./changes.js";
import { repeat } from "./lit-html/directives/repeat.js";
import { html, nothing } from "./lit-html/lit-html.js";
import { counted, duration, timeOfDay, wholeTime } from "./words.js";

/**
 * @import { Conference, Participant } from "./client/api.d.ts"
 * @import { Held } from "./overview.js"
 */

/** More are folded away. */
const SHOWN = 6;

/**
 * What the views of conferences need beside the conference.
 *
 * @typedef {object} Page
 * @property {number} now of the monotonic clock
 * @property {number} serviceNow by the service's clock, in ms since the epoch
 * @property {string} ownAgent
 * @property {ReadonlySet<string>} unfolded ids of conferences whose participants are all shown
 * @property {(id: string) => void} onFold
 * @property {(id: string, participant: Participant) => boolean} isMarked
 * @property {(id: string, participant: Participant) => Held | null} held
 */

/** @param {Conference} conference @param {Page} page */
export function participantsView({ id, participants }, page) {
  if (participants.length === 0) return html`<p class="nobody">Nobody is in it</p>`;
  const all = participants.length <= SHOWN + 1 || page.unfolded.has(id);
  const shown = all ? participants : folded(participants, page.ownAgent);
  const rest = participants.length - SHOWN;
  return html`
    <ul class="participants" aria-label="Participants">
      ${repeat(shown, keyOf, (participant) => participantView(id, participant, page))}
    </ul>
    ${
      participants.length <= SHOWN + 1
        ? nothing
        : html`<button type="button" class="fold" aria-expanded=${all} @click=${() => page.onFold(id)}>
            ${all ? "Show fewer" : `Show ${counted(rest, "other")}`}
          </button>`
    }`;
}

/** Those who matter most, in their own order. @param {readonly Participant[]} participants @param {string} ownAgent */
function folded(participants, ownAgent) {
  const weight = (/** @type {Participant} */ one) =>
    (isOwn(one, ownAgent) ? 8 : 0) + (one.role === "chair" ? 4 : 0) + (one.state === "connected" ? 0 : 2);
  const kept = new Set([...participants].sort((one, other) => weight(other) - weight(one)).slice(0, SHOWN));
  return participants.filter((one) => kept.has(one));
}

/** @param {Participant} participant @param {string} ownAgent */
const isOwn = ({ kind, address }, ownAgent) => kind === "agent" && address === ownAgent;

const AUDIO = { both: "hears and speaks", listen: "listens only", speak: "speaks only", none: "no audio" };

/** @param {string} id @param {Participant} participant @param {Page} page */
function participantView(id, participant, page) {
  const { kind, address, role, audio, state, joinedAt } = participant;
  return html`
    <li class="participant" data-state=${state} data-audio=${audio} ?data-marked=${page.isMarked(id, participant)}>
      <svg class="kind" aria-hidden="true"><use href="#icon-${kind}"></use></svg>
      <span class="name"><span class="unseen">${kindName(kind)}</span> <span class="address">${address}</span></span>
      <span class="badges">
        ${isOwn(participant, page.ownAgent) ? html`<span class="badge own">You</span>` : nothing}
        ${role === "chair" ? html`<span class="badge chair">Chair</span>` : nothing}
        ${state === "held" ? html`<span class="badge held">${heldWords(page.held(id, participant), page.now)}</span>` : nothing}
        ${state === "announcement" ? html`<span class="badge">Announcement</span>` : nothing}
        ${audio === "both" ? nothing : html`<span class="badge audio">${AUDIO[audio] ?? audio}</span>`}
      </span>
      <time class="joined" datetime=${joinedAt} title="Joined ${wholeTime(joinedAt)}"
        ><span class="unseen">joined</span> ${timeOfDay(joinedAt, page.serviceNow)}</time>
    </li>`;
}

/** @param {Held | null} held @param {number} now */
function heldWords(held, now) {
  const minutes = held === null ? 0 : Math.floor((now - held.since) / 60_000);
  if (held === null || minutes === 0) return "On hold";
  // Nobody says when it began: of one who was held before, only how long it has been at least is known.
  return `On hold ${held.atLeast ? "over " : ""}${duration(minutes)}`;
}
