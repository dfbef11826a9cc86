/**
 * One block of a stream of server-sent events, as the HTML standard reads them (section 9.2.6).
 *
 * @typedef {object} EventBlock
 * @property {string} event
 * @property {string} data
 * @property {string | null} id null: the block had none
 * @property {number | null} retryMs
 */

/** Puts blocks together from text that comes in pieces. */
export class EventBlocks {
  #rest = "";

  /**
   * @param {string} text
   * @returns {EventBlock[]} those that are complete by now
   */
  take(text) {
    // A CR that ends a piece may be half of a CRLF.
    const all = this.#rest + text;
    const whole = all.endsWith("\r") ? all.slice(0, -1) : all;
    const blocks = whole.replaceAll(/\r\n?/g, "\n").split("\n\n");
    this.#rest = (blocks.pop() ?? "") + all.slice(whole.length);
    return blocks.flatMap((block) => read(block) ?? []);
  }
}

/**
 * @param {string} block
 * @returns {EventBlock | null} null for one that says nothing to a client, such as a comment
 */
function read(block) {
  /** @type {EventBlock} */
  const found = { event: "message", data: "", id: null, retryMs: null };
  /** @type {string[]} */
  const data = [];
  for (const line of block.split("\n")) {
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
