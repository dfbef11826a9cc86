import type { Agent } from "../agents/agent.ts";
import type { Field } from "../fields.ts";
import type { Gateway } from "../gateway.ts";
import { type Answer, failure, success } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import { readParameters } from "../requests/parameters.ts";
import type { Settings } from "../settings.ts";
import type { Conference, Place } from "./conference.ts";

/** Who calls, and what it has to do with a conference. `conference` is the one that it is in. */
export interface Caller {
  readonly gateway: Gateway;
  readonly agent: Agent;
  readonly agentId: string;
  readonly place: Place;
  readonly conference: Conference | undefined;
}

export interface ControlCall {
  /** The retcode for who may not, else `null`. */
  readonly refuses: (caller: Caller) => string | null;
  answer(caller: Caller, call: Call): Answer;
}

/** What a control call comes to: a result as JSON text, a retcode, or a refusal for which the pages have no code. */
export type Outcome =
  | { readonly result: string | undefined }
  | { readonly retcode: string }
  | { readonly unnamed: number; readonly result?: string };

export const DONE: Outcome = { result: "{}" };

export function controlCall<T>(
  refuses: ControlCall["refuses"],
  field: Field<T>,
  act: (caller: Caller, body: T) => Outcome,
): ControlCall {
  return {
    refuses,
    answer(caller, call) {
      const read = readParameters(caller.gateway, call, field);
      if ("refusal" in read) return read.refusal;
      const retcode = refuses(caller);
      return answerOf(caller.gateway.settings, retcode === null ? act(caller, read.values) : { retcode });
    },
  };
}

function answerOf(settings: Settings, outcome: Outcome): Answer {
  if ("retcode" in outcome) return failure(settings, outcome.retcode);
  if ("unnamed" in outcome) return unnamedRefusal(settings, outcome.unnamed, outcome.result);
  return success(settings, { message: "success", result: outcome.result });
}

/**
 * What the pages have no code for (no such member, no seat, nothing to stop) comes as a wrong parameter, or as what the
 * platform below says: `Unknown ERROR._n`.
 */
function unnamedRefusal(settings: Settings, cause: number, result?: string): Answer {
  return settings.unnamedRefusal === "cti"
    ? failure(settings, "100-007", `Unknown ERROR._${cause}`, result)
    : failure(settings, "000-002", undefined, result);
}
