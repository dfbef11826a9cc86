import { hash } from "node:crypto";
import type { Guid } from "../gateway/index.ts";
import type { AgentSession } from "./model.ts";

/** A backend that lags behind brings one of the last; an older one the gateway itself refuses. */
const MOST_REMEMBERED = 16;

/** As many as may still be taken after one rotation a minute. */
const MOST_ROTATED = 4;
/** Marks the digest of a Guid that has rotated here: of the same sign-in, only older. No digest begins with it. */
const ROTATED = "~";

/** What is remembered of a Guid that is of no use any more: enough to know it again, and nothing to call with. */
const digest = (guid: Guid): string => hash("sha256", guid, "buffer").subarray(0, 16).toString("base64url");

/** Whether the Guid is one that another sign-in, or another `PUT`, has replaced. */
export function wasReplaced({ replacedGuids }: AgentSession, guid: Guid): boolean {
  return replacedGuids.includes(digest(guid));
}

/** Whether the Guid is an earlier one of the agent's present sign-in, which the gateway itself has replaced since. */
export function hasRotated({ replacedGuids }: AgentSession, guid: Guid): boolean {
  return replacedGuids.includes(`${ROTATED}${digest(guid)}`);
}

/**
 * What is to be remembered when an answer of the gateway brings `guid` in the place of the agent's own.
 *
 * @param unwritten what the record of `guid` itself remembers, where others came between that the store could not take
 */
export function rotatedTo(guid: Guid, agent: AgentSession, unwritten: readonly string[] = []): readonly string[] {
  if (guid === agent.guid) return agent.replacedGuids;
  const isRotated = (one: string): boolean => one.startsWith(ROTATED);
  const rotated = new Set([...agent.replacedGuids, `${ROTATED}${digest(agent.guid)}`, ...unwritten].filter(isRotated));
  return [...agent.replacedGuids.filter((one) => !isRotated(one)), ...[...rotated].slice(-MOST_ROTATED)];
}

/** What is to be remembered when `guid` takes the place of all that the agent's record knows. */
export function replacedBy(guid: Guid, earlier: AgentSession | null): readonly string[] {
  if (earlier === null) return [];
  const gone = [earlier.guid, earlier.broughtGuid].filter((one) => one !== null && one !== guid) as Guid[];
  const present = digest(guid);
  const before = earlier.replacedGuids.map((one) => (one.startsWith(ROTATED) ? one.slice(ROTATED.length) : one));
  const all = new Set([...before, ...gone.map(digest)]);
  all.delete(present);
  return [...all].slice(-MOST_REMEMBERED);
}
