import { isNothing } from "./answer.ts";
import type { Calls, Credential } from "./call.ts";
import { badResponse } from "./fault.ts";
import type { CallOptions } from "./gateway.ts";
import { type ConferenceId, parseConferenceId } from "./identifiers.ts";

/** Page 1301, for inspectors. */
export function conferenceIds(calls: Calls, credential: Credential, options: CallOptions): Promise<ConferenceId[]> {
  return calls.read(
    {
      operation: "conference-ids",
      lane: "list",
      method: "GET",
      path: `/agentconf/${credential.agentId}/queryvdnconfid`,
      parse: ({ result }) => parseConferenceIds(result),
    },
    credential,
    options,
  );
}

/**
 * The ids in the gateway's order, each once. How the gateway says "none" is not documented: a missing, null or empty
 * `result` or `confIds` are all taken for it.
 */
export function parseConferenceIds(result: unknown): ConferenceId[] {
  if (isNothing(result)) return [];
  if (typeof result !== "object" || Array.isArray(result)) throw badResponse("RESULT");
  const ids = "confIds" in (result as object) ? (result as { confIds: unknown }).confIds : undefined;
  if (isNothing(ids)) return [];
  if (!Array.isArray(ids)) throw badResponse("CONF_IDS");
  return [...new Set(ids.map(conferenceId))];
}

/** Documented as a number; some gateways send text, and past 2^53 it was read as text to lose nothing. */
export function conferenceId(value: unknown): ConferenceId {
  const id = parseConferenceId(Number.isSafeInteger(value) ? String(value) : value);
  if (id === null) throw badResponse("CONF_ID");
  return id;
}
