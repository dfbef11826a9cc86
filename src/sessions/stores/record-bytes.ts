import type { AgentSession, AppSession } from "../model.ts";

/**
 * Octets that opened records may take in memory, of each kind: 50,000 sessions in use, and agents with the cookies of a
 * usual gateway. A hit spares the query, the key and the parsing, some 15 µs.
 */
export const MOST_SESSION_BYTES = 48 * 1024 * 1024;
export const MOST_AGENT_BYTES = 96 * 1024 * 1024;

/** Of a record besides its texts: its fields, its name and its place in the map. */
const RECORD_BYTES = 500;

/** What an opened record takes in memory, roughly: its texts may have two octets a letter. */
export function recordBytes(record: Omit<AppSession, "lastUsedAt"> | AgentSession): number {
  let letters = 0;
  for (const value of Object.values(record)) {
    if (typeof value === "string") letters += value.length;
    else if (typeof value === "object" && value !== null) letters += JSON.stringify(value).length;
  }
  return RECORD_BYTES + 2 * letters;
}
