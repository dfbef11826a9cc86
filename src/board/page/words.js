const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const everything = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** The zone in which times are shown. */
export const timeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * The time of day, with its date only where that is not today's.
 *
 * @param {string} iso
 * @param {number} now by the service's clock, in ms since the epoch
 */
export function timeOfDay(iso, now) {
  const at = new Date(iso);
  return (at.toDateString() === new Date(now).toDateString() ? clock : dayAndClock).format(at);
}

/** @param {string | number} at */
export const timeWithSeconds = (at) => clockWithSeconds.format(new Date(at));

/** Of each participant, drawn again and again: formatting takes far longer than looking it up. @type {Map<string, string>} */
const known = new Map();
const MOST_KNOWN = 5_000;

/** @param {string} iso */
export function wholeTime(iso) {
  const before = known.get(iso);
  if (before !== undefined) return before;
  const text = everything.format(new Date(iso));
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(iso, text);
  return text;
}

/** As h:mm, for what may be hours. @param {number} minutes */
export const hoursAndMinutes = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;

/** As people say it: `26 min`, `1:05 h`. @param {number} minutes */
export const duration = (minutes) => (minutes < 60 ? `${minutes} min` : `${hoursAndMinutes(minutes)} h`);

/** @param {number} left minutes; negative past the end */
export function timeLeft(left) {
  if (left < 0) return `${hoursAndMinutes(-left)} h over`;
  return left === 0 ? "ends now" : `${duration(left)} left`;
}

/** How long ago: `2 s`, `1:05 min`, `1:05 h`. @param {number} ms */
export function age(ms) {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${String(seconds % 60).padStart(2, "0")} min` : `${hoursAndMinutes(minutes)} h`;
}

/** @param {number} number @param {string} noun */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
