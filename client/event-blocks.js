import { ProblemError } from "./problem.js";

/**
 * One block of a stream of server-sent events, as the HTML standard reads them (section 9.2.6).
 *
 * @typedef {object} EventBlock
 * @property {string} event
 * @property {string} data
 * @property {string | null} id null: the block had none
 * @property {number | null} retryMs
 */

/** Four times what the service takes from its gateway. Whatever is larger has no end, or is no event of the service. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/** @type {{ code: "event-too-large", title: string }} */
const TOO_LARGE = { code: "event-too-large", title: "The service sends an event that is too large, or has no end" };

/** Puts blocks together from text that comes in pieces, in time that grows with the text and not with what waits. */
export class EventBlocks {
  #most;
  /** The line that has begun. */
  #line = "";
  /** The whole lines of the block that has begun. @type {string[]} */
  #lines = [];
  /** Of these lines, with their ends. */
  #size = 0;
  /** A LF that comes next belongs to the CR before it. */
  #afterCr = false;

  /** @param {number} [most] characters of one block */
  constructor(most = MOST_CHARACTERS) {
    this.#most = most;
  }

  /**
   * @param {string} text
   * @returns {EventBlock[]} those that are complete by now
   * @throws {ProblemError} `event-too-large`
   */
  take(text) {
    const lines = (this.#afterCr && text.startsWith("\n") ? text.slice(1) : text).split(/\r\n?|\n/);
    if (text !== "") this.#afterCr = text.endsWith("\r");
    const begun = lines.pop() ?? "";
    const blocks = lines.flatMap((line) => this.#end(line) ?? []);
    this.#begin(begun);
    return blocks;
  }

  /** @param {string} text */
  #begin(text) {
    this.#line += text;
    if (this.#size + this.#line.length > this.#most) throw new ProblemError(TOO_LARGE, { status: 200 });
  }

  /** @param {string} text the rest of a line @returns {EventBlock | null} when the block ends with it */
  #end(text) {
    this.#begin(text);
    const line = this.#line;
    this.#line = "";
    if (line !== "") {
      this.#lines.push(line);
      this.#size += line.length + 1;
      return null;
    }
    const block = read(this.#lines);
    this.#lines = [];
    this.#size = 0;
    return block;
  }
}

/**
 * @param {readonly string[]} lines of one block
 * @returns {EventBlock | null} null for one that says nothing to a client, such as a comment
 */
function read(lines) {
  /** @type {EventBlock} */
  const found = { event: "message", data: "", id: null, retryMs: null };
  /** @type {string[]} */
  const data = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") found.event = value;
    else if (name === "data") data.push(value);
    else if (name === "id" && !value.includes("\0")) found.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) found.retryMs = Number(value);
  }
  if (data.length === 0 && found.retryMs === null) return null;
  found.data = data.join("\n");
  return found;
}
