import type { AgentSession, AppSession } from "./model.ts";
import type { AgentEvent } from "./stores/agent-messages.ts";

/**
 * What belongs to whom. An agent signs in again and again, for one subject after another, and what was received for one of
 * them is nobody else's: each record of an agent session has an identity and an epoch, each app session says to which
 * record it was bound and since which epoch, and each event of which it was when it was received.
 */

/**
 * Whether the session may use this agent session. Without an identity, as an earlier release wrote them, records of one
 * agent belong together.
 */
export function isBoundTo(session: AppSession, { agentId, recordId }: AgentSession): boolean {
  if (session.agentId !== agentId) return false;
  return session.recordId === recordId || session.recordId === "" || recordId === "";
}

/** Whether the event was received for the session's own sign-ins, and not before its subject came in. */
export function mayHear({ recordId, since }: AppSession, event: AgentEvent): boolean {
  return event.recordId === recordId && event.epoch >= since;
}

/**
 * Of which epoch is what a poll has just brought: of the newest that was heard of by now, as long as the poll's own sign-in
 * lasts. A poll with the Guid of a former sign-in brings what is of that one.
 */
export function receivedOf(polled: AgentSession, heardOf: AgentSession | null): AgentSession {
  return heardOf?.signInId === polled.signInId && heardOf.epoch > polled.epoch ? heardOf : polled;
}

/** Whether both are of one subject. Sessions that are any subject's are of one as well. */
export function sameSubject(
  one: Pick<AppSession, "issuer" | "subject">,
  other: Pick<AppSession, "issuer" | "subject">,
): boolean {
  return one.issuer === other.issuer && one.subject === other.subject;
}

/** Where a session of this subject takes its place: with those of its subject who are in, or as of the present epoch. */
export function placeOf(agent: AgentSession, staying: AppSession | undefined): Pick<AppSession, "recordId" | "since"> {
  const { recordId, epoch } = agent;
  return staying?.recordId === recordId ? { recordId, since: staying.since } : { recordId, since: epoch };
}
