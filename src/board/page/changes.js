import { minutesLeft, timeState } from "./urgency.js";

/** @import { Conference, Participant } from "./client/api.d.ts" */

/**
 * One thing that has changed between two lists.
 *
 * @typedef {object} Change
 * @property {"ended" | "over" | "ending" | "extended" | "came" | "announcement" | "left" | "held" | "back" | "chair" | "joined" | "muted" | "unmuted"} kind
 * @property {string} id of the conference
 * @property {string | null} who the key of the participant that it is about
 * @property {string} text a sentence
 */

/**
 * What makes a participant the same one in two lists. Who leaves and comes back is another one.
 *
 * @param {Participant} participant
 */
export const keyOf = ({ kind, address, joinedAt }) => `${kind} ${address} ${joinedAt}`;

/**
 * What has changed from one list to the next, the most important first.
 *
 * @param {readonly Conference[]} before
 * @param {readonly Conference[]} after
 * @returns {Change[]}
 */
export function changesBetween(before, after) {
  const old = new Map(before.map((conference) => [conference.id, conference]));
  /** @type {Change[]} */
  const changes = [];
  for (const conference of after) {
    const { id } = conference;
    const was = old.get(id);
    old.delete(id);
    if (was === undefined) changes.push({ kind: "came", id, who: null, text: `Conference ${id} has started.` });
    else changes.push(...changesOf(was, conference));
  }
  for (const id of old.keys()) changes.push({ kind: "ended", id, who: null, text: `Conference ${id} has ended.` });
  return changes.sort((one, other) => RANKS.indexOf(one.kind) - RANKS.indexOf(other.kind));
}

/** @type {readonly Change["kind"][]} */
const RANKS = [
  "ended",
  "over",
  "ending",
  "extended",
  "came",
  "announcement",
  "left",
  "held",
  "back",
  "chair",
  "joined",
  "muted",
  "unmuted",
];

/**
 * @param {Conference} was
 * @param {Conference} is
 * @returns {Change[]}
 */
function changesOf(was, is) {
  const { id } = is;
  /** @type {Change[]} */
  const changes = [];
  const say = (
    /** @type {Change["kind"]} */ kind,
    /** @type {string} */ text,
    who = /** @type {string | null} */ (null),
  ) => changes.push({ kind, id, who, text });
  const time = timeState(is);
  if (time !== timeState(was) && time === "over") say("over", `Conference ${id} is past its booked time.`);
  if (time !== timeState(was) && time === "ending")
    say("ending", `Conference ${id} ends in ${minutesLeft(is)} minutes.`);
  if (was.bookedMinutes !== is.bookedMinutes) {
    say("extended", `Conference ${id} is booked for ${is.bookedMinutes} minutes now.`);
  }
  if (was.state !== is.state && is.state === "announcement") say("announcement", `Announcement in conference ${id}.`);
  const old = new Map(was.participants.map((participant) => [keyOf(participant), participant]));
  for (const participant of is.participants) {
    const key = keyOf(participant);
    const before = old.get(key);
    old.delete(key);
    const name = nameOf(participant);
    if (before === undefined) say("joined", `${name} joined conference ${id}.`, key);
    else participantChanges(before, participant, (kind, text) => say(kind, `${name} ${text} conference ${id}.`, key));
  }
  for (const participant of old.values()) say("left", `${nameOf(participant)} left conference ${id}.`);
  return changes;
}

/**
 * @param {Participant} was
 * @param {Participant} is
 * @param {(kind: Change["kind"], text: string) => void} say
 */
function participantChanges(was, is, say) {
  if (was.state !== is.state && is.state === "held") say("held", "is on hold in");
  if (was.state !== is.state && was.state === "held") say("back", "is back in");
  if (was.state !== is.state && is.state === "announcement") say("announcement", "hears an announcement in");
  if (was.role !== is.role && is.role === "chair") say("chair", "is the chair of");
  if (speaks(was) && !speaks(is)) say("muted", "is muted in");
  if (!speaks(was) && speaks(is)) say("unmuted", "can speak again in");
}

/** @param {Participant} participant */
const speaks = ({ audio }) => audio === "both" || audio === "speak";

const KINDS = { agent: "Agent", phone: "Phone", unknown: "Participant" };

/** @param {Participant["kind"]} kind */
export const kindName = (kind) => KINDS[kind] ?? KINDS.unknown;

/** @param {Pick<Participant, "kind" | "address">} participant */
export const nameOf = ({ kind, address }) => `${kindName(kind)} ${address}`;
