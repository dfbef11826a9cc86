import { kindName, minutesLeft, timeState } from "./changes.js";

const AUDIO = { both: "hears and speaks", listen: "listens only", speak: "speaks only", none: "no audio" };
const STATES = { held: "On hold", announcement: "Announcement" };

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/**
 * Brings the list on the page up to date in place, in the gateway's order: what stays is not made anew, so that the
 * reader's place, selection and focus stay as well.
 */
export function showConferences(list, conferences) {
  const first = list.dataset.shown === undefined;
  list.dataset.shown = "";
  arrange(list, conferences, {
    key: ({ id }) => id,
    make: () => clone("conference-template", first),
    fill: fillConference,
  });
}

function fillConference(item, conference) {
  const { id, state, startedAt, bookedMinutes, elapsedMinutes, participants } = conference;
  const part = (selector) => item.querySelector(selector);
  const time = timeState(conference);
  item.dataset.time = time;
  part("h2").textContent = `Conference ${id}`;
  part(".badge.announcement").hidden = state !== "announcement";
  part(".elapsed").textContent = `${elapsedMinutes} of ${minutes(bookedMinutes)}`;
  part(".left").textContent = leftText(minutesLeft(conference), time);
  const bar = part("progress");
  bar.max = Math.max(1, bookedMinutes);
  bar.value = Math.min(elapsedMinutes, bar.max);
  bar.setAttribute("aria-label", `${elapsedMinutes} of ${minutes(bookedMinutes)} booked`);
  showTime(part(".since time"), startedAt);
  part(".size").textContent = participants.length === 1 ? "1 participant" : `${participants.length} participants`;
  const fresh = item.dataset.filled !== undefined;
  item.dataset.filled = "";
  arrange(part(".participants"), participants, {
    key: ({ kind, address, joinedAt }) => `${kind} ${address} ${joinedAt}`,
    make: () => clone("participant-template", !fresh),
    fill: fillParticipant,
  });
}

function fillParticipant(item, { kind, address, role, audio, state, joinedAt }) {
  const part = (selector) => item.querySelector(selector);
  part(".kind-name").textContent = kindName(kind);
  part("use").setAttribute("href", `#icon-${kind}`);
  part(".address").textContent = address;
  part(".badge.chair").hidden = role !== "chair";
  const badge = part(".badge.state");
  badge.hidden = !(state in STATES);
  badge.textContent = STATES[state] ?? "";
  part(".audio").textContent = AUDIO[audio] ?? audio;
  item.dataset.audio = audio;
  item.dataset.state = state;
  showTime(part("time"), joinedAt);
}

function leftText(left, time) {
  if (time === "over") return `${minutes(-left)} past the booked time`;
  return left === 0 ? "ends now" : `${minutes(left)} left`;
}

const minutes = (number) => `${number} min`;

function showTime(element, iso) {
  const at = new Date(iso);
  element.dateTime = iso;
  element.textContent = (at.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(at);
  element.title = dayAndClock.format(at);
}

/** The items of a list by key, in order: kept ones filled anew, new ones made, the rest removed. */
function arrange(list, entries, { key, make, fill }) {
  const wanted = new Set(entries.map(key));
  const kept = new Map();
  for (const item of [...list.children]) {
    // First, so that what stays need not be moved around what goes.
    if (!wanted.has(item.dataset.key) || kept.has(item.dataset.key)) item.remove();
    else kept.set(item.dataset.key, item);
  }
  let place = list.firstElementChild;
  for (const entry of entries) {
    const name = key(entry);
    const known = kept.get(name);
    const item = known ?? make();
    kept.delete(name);
    item.dataset.key = name;
    fill(item, entry);
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
}

function clone(template, quietly) {
  const item = document.getElementById(template).content.firstElementChild.cloneNode(true);
  if (!quietly) item.classList.add("new");
  return item;
}
