import { FILTERS, SORTS } from "./urgency.js";

/**
 * What of the board its reader wants to see. All of it stands in the address behind the `#`, so that it can be kept as a
 * bookmark and sent to somebody; nothing of it goes to the service.
 *
 * @typedef {object} Choice
 * @property {string} sort a name of `SORTS`
 * @property {readonly string[]} filters names of `FILTERS`; none: everything
 * @property {string} text what is searched for
 * @property {"cards" | "table"} view
 */

/** @type {Choice} */
const USUAL = { sort: "left", filters: [], text: "", view: "cards" };

/**
 * @param {string} fragment with or without its `#`
 * @param {Choice["view"] | null} remembered the view, where the address names none
 * @returns {Choice} whatever it does not know is passed over
 */
export function choiceOf(fragment, remembered) {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const sort = given.get("sort") ?? USUAL.sort;
  const view = given.get("view") ?? remembered;
  return {
    sort: Object.hasOwn(SORTS, sort) ? sort : USUAL.sort,
    filters: (given.get("show") ?? "").split(",").filter((name) => Object.hasOwn(FILTERS, name)),
    text: given.get("find") ?? "",
    view: view === "table" ? "table" : "cards",
  };
}

/** @param {Choice} choice @returns {string} empty, or with its `#` */
export function fragmentOf({ sort, filters, text, view }) {
  const parts = [
    ...(sort === USUAL.sort ? [] : [`sort=${sort}`]),
    ...(filters.length === 0 ? [] : [`show=${filters.join(",")}`]),
    ...(text === "" ? [] : [`find=${encodeURIComponent(text)}`]),
    ...(view === USUAL.view ? [] : [`view=${view}`]),
  ];
  return parts.length === 0 ? "" : `#${parts.join("&")}`;
}
