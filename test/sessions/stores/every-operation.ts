import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { aSubject } from "../../support/names.ts";
import { anAgent, aSession } from "./samples.ts";

/** Each operation of a store once, all under way at the same time. */
export function everyOperation(store: SessionStore): Promise<unknown>[] {
  const session = aSession();
  const { agentId } = session;
  const lease = { kind: "poll", agentId } as const;
  return [
    store.getSession(session),
    store.bindSession(session, { over: null, revocations: { session: null, subject: null } }),
    store.revocations(session, session.subject),
    store.revokeSession(session),
    store.revokeSubject("app", aSubject("user-1")),
    store.touchSession(session, 1),
    store.deleteSession(session),
    store.sessionsOfAgent(agentId),
    store.listSessions({ limit: 1 }),
    store.getAgent(agentId),
    store.getAgent(agentId, { fresh: true }),
    store.createAgent(anAgent({ agentId })),
    store.updateAgent({ ...anAgent({ agentId }), revision: "1" }),
    store.deleteAgent(agentId, "1"),
    store.agentIds(),
    store.acquireLease(lease, "owner", 1_000),
    store.releaseLease(lease, "owner"),
    store.acquireLeases("poll", [{ agentId, owner: "owner" }], 1_000),
    store.lastPolls([agentId]),
    store.unheld("poll", [agentId]),
    store.getAgents([agentId]),
    store.getAgentAndHolder(agentId),
    store.instances(),
    store.announceInstance({ owner: "owner", able: true, answeredAgoMs: null }, 1_000),
    store.publish(agentId, { type: "agent-changed" }),
    store.subscribe(agentId, () => undefined),
    store.appendEvent(agentId, { recordId: "record", epoch: 1, type: "ring", at: "", content: null }),
    store.eventsAfter(agentId, ""),
    store.forgetEvents(agentId),
    store.hasSessions(agentId, { counts: () => true, damaged: true }),
    store.time(),
    store.pingRead(),
    store.pingWrite(),
  ];
}
