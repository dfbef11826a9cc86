import { hash } from "node:crypto";
import type { Guid } from "../gateway/index.ts";
import type { AgentSession } from "./model.ts";

/** A backend that lags behind brings one of the last; an older one the gateway itself refuses. */
const MOST_REMEMBERED = 16;

/** What is remembered of a Guid that is of no use any more: enough to know it again, and nothing to call with. */
const digest = (guid: Guid): string => hash("sha256", guid, "buffer").subarray(0, 16).toString("base64url");

/** Whether the Guid is one that another sign-in, or another `PUT`, has replaced. */
export function wasReplaced({ replacedGuids }: AgentSession, guid: Guid): boolean {
  return replacedGuids.includes(digest(guid));
}

/** What is to be remembered when `guid` takes the place of all that the agent's record knows. */
export function replacedBy(guid: Guid, earlier: AgentSession | null): readonly string[] {
  if (earlier === null) return [];
  const gone = [earlier.guid, earlier.broughtGuid].filter((one) => one !== null && one !== guid) as Guid[];
  const present = digest(guid);
  const all = new Set([...earlier.replacedGuids, ...gone.map(digest)]);
  all.delete(present);
  return [...all].slice(-MOST_REMEMBERED);
}
