import { age, timeWithSeconds } from "./words.js";

/**
 * @import { Trouble, WatchFreshness } from "./client/index.js"
 */

/**
 * What the page may claim about itself at one moment.
 *
 * @typedef {object} Status
 * @property {"live" | "wait" | "late" | "stale"} light
 * @property {string} word
 * @property {string} age how old the list is, in words
 * @property {string | null} asOf when the gateway last confirmed it, unless it is live
 * @property {string} reason why it is not; empty when nothing is known, or nothing wrong
 */

/** @param {WatchFreshness} freshness @returns {Status} */
export function statusOf({ state, ageMs, asOf, trouble }) {
  const reason = trouble === null ? "" : reasonOf(trouble);
  if (state === "waiting" || ageMs === null || asOf === null) {
    return { light: "wait", word: trouble === null ? "Connecting" : "No list", age: "", asOf: null, reason };
  }
  if (state === "live" && trouble === null) {
    return { light: "live", word: "Live", age: `updated ${age(ageMs)} ago`, asOf: null, reason: "" };
  }
  // Young, and something is wrong: neither a green light nor an alarm.
  const young = `updated ${age(ageMs)} ago`;
  if (state === "live") return { light: "wait", word: wordOf(trouble), age: young, asOf: null, reason };
  const old = { age: `${age(ageMs)} ago`, asOf: `as of ${timeWithSeconds(asOf)}`, reason };
  return state === "late" ? { light: "late", word: "Late", ...old } : { light: "stale", word: "Out of date", ...old };
}

/** @param {Trouble | null} trouble */
function wordOf(trouble) {
  switch (trouble?.source) {
    case "network":
      return "Offline";
    case "line":
      return "No answer";
    case "service":
      return "Service away";
    default:
      return "Gateway fails";
  }
}

/** @param {Trouble} trouble */
function reasonOf({ source, problem }) {
  switch (source) {
    case "network":
      return "Your network is offline.";
    case "line":
      return "No answer: the service hangs, or your network.";
    case "gateway":
      if (problem === null) return "The gateway does not answer.";
      return `${problem.title}${problem.retcode === null ? "" : ` (code ${problem.retcode})`}.`;
    case "service":
      return `${problem?.title ?? "The service does not answer"}.`;
  }
}
