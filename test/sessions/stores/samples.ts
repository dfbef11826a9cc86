import { randomUUID } from "node:crypto";
import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import type { AppSession, NewAgentSession } from "../../../src/sessions/model.ts";

let number = 1000;

/** An agent that no other test uses. */
export function anAgentId(): AgentId {
  number += 1;
  return String(number) as AgentId;
}

export function anAgent(given: Partial<NewAgentSession> = {}): NewAgentSession {
  return {
    agentId: anAgentId(),
    signInId: randomUUID(),
    guid: `guid-${randomUUID()}.node1` as Guid,
    broughtGuid: null,
    guidVersion: 1,
    cookies: "route=7",
    vdnId: "1",
    inspector: true,
    keepAlive: "managed",
    state: "active",
    stateSince: 1_700_000_000_000,
    ...given,
  };
}

export function aSession(given: Partial<AppSession> = {}): AppSession {
  return {
    issuer: "app",
    sessionId: `session ${randomUUID()}`,
    subject: `user-${randomUUID()}`,
    agentId: anAgentId(),
    boundBy: "sign-in",
    createdAt: 1_700_000_000_000,
    lastUsedAt: 1_700_000_000_000,
    ...given,
  };
}
