/**
 * The gateway's own names, parsed once at the edge. A plain string cannot stand in for one of them further in.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** An agent's number as text, 101 to the site's highest. Sign-in page 1202: "agentid". */
export type AgentId = Brand<"AgentId">;

/** Everything after `JSESSIONID=` in `Set-GUID`, node suffix included; opaque. A secret. */
export type Guid = Brand<"Guid">;

/** A 64-bit `long` as decimal text: JavaScript numbers stop at 2^53. */
export type ConferenceId = Brand<"ConferenceId">;

export const LOWEST_AGENT_ID = 101;

/** What an agent's number is written as at any site; also for schemas. */
export const AGENT_ID = /^[1-9][0-9]{2,8}$/;

/** What a conference's id is written as; also for schemas. */
export const CONFERENCE_ID = /^[0-9]{1,19}$/;

/** Leading zeros are refused: "0101" and "101" would be two keys for one agent. */
export function parseAgentId(text: unknown, highest: number): AgentId | null {
  if (typeof text !== "string" || !AGENT_ID.test(text)) return null;
  const number = Number(text);
  return number >= LOWEST_AGENT_ID && number <= highest ? (text as AgentId) : null;
}

/** 1 to 512 visible ASCII characters: what may stand in a header without being able to end it. */
export function parseGuid(text: unknown): Guid | null {
  return typeof text === "string" && /^[\x21-\x7e]{1,512}$/.test(text) ? (text as Guid) : null;
}

/**
 * The Guid in `Set-GUID: JSESSIONID=<guid>` (1202 table 4): everything after the first `=`, the node's suffix included,
 * up to attributes as of a cookie. `null` when it is none that may be sent back in a header.
 */
export function parseSetGuid(header: string | readonly string[]): Guid | null {
  const text = typeof header === "string" ? header : (header.at(-1) ?? "");
  const [pair = ""] = text.split(";", 1);
  return parseGuid(pair.slice(pair.indexOf("=") + 1).trim());
}

/** 1 to 19 digits, returned without leading zeros so that it equals the id which the gateway sends. */
export function parseConferenceId(text: unknown): ConferenceId | null {
  if (typeof text !== "string" || !CONFERENCE_ID.test(text)) return null;
  return text.replace(/^0+(?=[0-9])/, "") as ConferenceId;
}
