import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import type { SessionStore } from "../../../src/sessions/index.ts";
import type { AppSession, NewAgentSession, SessionId, Subject } from "../../../src/sessions/model.ts";

let number = 1000;

/** An agent that no other test uses. */
export function anAgentId(): AgentId {
  number += 1;
  return String(number) as AgentId;
}

export function anAgent(given: Partial<NewAgentSession> = {}): NewAgentSession {
  return {
    agentId: anAgentId(),
    recordId: randomUUID(),
    epoch: 1,
    signInId: randomUUID(),
    loginTime: "1790000000000",
    guid: `guid-${randomUUID()}.node1` as Guid,
    broughtGuid: null,
    replacedGuids: [],
    guidVersion: 1,
    cookies: "route=7",
    vdnId: "1",
    inspector: true,
    keepAlive: "managed",
    state: "active",
    stateSince: 1_700_000_000_000,
    ownConference: null,
    ...given,
  };
}

/** Names are given as text. */
type GivenSession = Omit<AppSession, "sessionId" | "subject"> & { sessionId: string; subject: string | null };

export function aSession(given: Partial<GivenSession> = {}): AppSession {
  const { sessionId = `session ${randomUUID()}`, subject = `user-${randomUUID()}`, ...rest } = given;
  return {
    issuer: "app",
    sessionId: sessionId as SessionId,
    subject: subject as Subject | null,
    agentId: anAgentId(),
    boundBy: "sign-in",
    recordId: randomUUID(),
    since: 1,
    bindingId: randomUUID(),
    standingId: randomUUID(),
    createdAt: 1_700_000_000_000,
    lastUsedAt: 1_700_000_000_000,
    ...rest,
  };
}

/** Binds over whatever stands there, and answers with that. */
export async function bound(store: SessionStore, session: AppSession): Promise<AppSession | null> {
  const revocations = await store.revocations(session, session.subject);
  const over = await store.getSession(session, { fresh: true });
  assert.equal(await store.bindSession(session, { over, revocations }), "bound");
  return over;
}
