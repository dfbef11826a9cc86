import { type Guid, parseGuid } from "./identifiers.ts";

/**
 * The Guid in `Set-GUID: JSESSIONID=<guid>` (1202 table 4): everything after the first `=`, the node's suffix included,
 * up to attributes as of a cookie. `null` when it is none that may be sent back in a header.
 */
export function parseSetGuid(header: string | readonly string[]): Guid | null {
  const text = typeof header === "string" ? header : (header.at(-1) ?? "");
  const [pair = ""] = text.split(";", 1);
  return parseGuid(pair.slice(pair.indexOf("=") + 1).trim());
}
