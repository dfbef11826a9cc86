/** @import { Conference } from "./client/api.d.ts" */

/** Minutes before the end of the booked time from which on a conference is marked. */
const WARN_MINUTES = 5;

/** @param {Pick<Conference, "bookedMinutes" | "elapsedMinutes">} conference */
export const minutesLeft = ({ bookedMinutes, elapsedMinutes }) => bookedMinutes - elapsedMinutes;

/**
 * `ending` from five minutes before the end of the booked time, `over` past it.
 *
 * @param {Pick<Conference, "bookedMinutes" | "elapsedMinutes">} conference
 * @returns {"fine" | "ending" | "over"}
 */
export function timeState(conference) {
  const left = minutesLeft(conference);
  if (left < 0) return "over";
  return left <= WARN_MINUTES ? "ending" : "fine";
}

/**
 * What a reader may want to see alone, by its name in the address; each with the words of its button.
 *
 * @type {Readonly<Record<string, { label: string, test: (conference: Conference, ownAgent: string) => boolean }>>}
 */
export const FILTERS = {
  over: { label: "past the end", test: (conference) => timeState(conference) === "over" },
  ending: { label: "ending", test: (conference) => timeState(conference) === "ending" },
  held: { label: "on hold", test: ({ participants }) => participants.some(({ state }) => state === "held") },
  empty: { label: "empty", test: ({ participants }) => participants.length === 0 },
  announcement: {
    label: "announcement",
    test: ({ state, participants }) =>
      state === "announcement" || participants.some((participant) => participant.state === "announcement"),
  },
  mine: {
    label: "mine",
    test: ({ participants }, ownAgent) =>
      participants.some(({ kind, address }) => kind === "agent" && address === ownAgent),
  },
};

/**
 * Orders, by their name in the address. The most urgent comes first; what is equal is in the order of ids.
 *
 * @type {Readonly<Record<string, { label: string, compare: (one: Conference, other: Conference) => number }>>}
 */
export const SORTS = {
  left: { label: "time left", compare: (one, other) => minutesLeft(one) - minutesLeft(other) },
  start: { label: "start", compare: (one, other) => compareText(one.startedAt, other.startedAt) },
  size: { label: "size", compare: (one, other) => other.participants.length - one.participants.length },
  id: { label: "id", compare: () => 0 },
};

/**
 * @param {string} sort a name of {@link SORTS}
 * @returns {(one: Conference, other: Conference) => number}
 */
export function order(sort) {
  const compare = SORTS[sort]?.compare ?? (() => 0);
  return (one, other) => compare(one, other) || compareIds(one.id, other.id);
}

/** 64-bit ids as text, by their number. @param {string} one @param {string} other */
const compareIds = (one, other) => one.length - other.length || compareText(one, other);

/** @param {string} one @param {string} other */
const compareText = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Whether it is what somebody looks for who types an agent, a phone number or an id, or the beginning or end of one.
 *
 * @param {Conference} conference
 * @param {string} text
 */
export function matches({ id, participants }, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => id.includes(word) || participants.some((one) => textOf(one).includes(word)));
}

/** @param {Conference["participants"][number]} participant */
const textOf = ({ kind, address, role }) => `${kind} ${address.toLowerCase()} ${role === "chair" ? "chair" : ""}`;
