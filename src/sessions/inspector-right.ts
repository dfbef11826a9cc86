import { changeAgent } from "./agent-change.ts";
import type { AgentSession } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";

/**
 * Remembers what the gateway told about the agent's right, of the very sign-in that it told it of. Not vital: the next
 * query tells again.
 *
 * @param told as the agent was when it was asked
 */
export function learnInspector(store: SessionStore, told: AgentSession, inspector: boolean): void {
  if (told.inspector === inspector) return;
  const isOf = (current: AgentSession): boolean =>
    // An external agent's next Guid is of the same sign-in, and perhaps of another VDN.
    current.signInId === told.signInId && current.epoch === told.epoch;
  void changeAgent(store, told.agentId, (current) =>
    current !== null && isOf(current) && current.inspector !== inspector ? { ...current, inspector } : null,
  ).catch(() => undefined);
}
