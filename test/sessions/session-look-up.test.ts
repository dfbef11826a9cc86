import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../src/problems.ts";
import type { Credentials } from "../../src/sessions/credentials.ts";
import type { AgentSession, AppSession, Issuer } from "../../src/sessions/model.ts";
import { SessionLookUp } from "../../src/sessions/session-look-up.ts";
import type { SessionStore } from "../../src/sessions/stores/port.ts";
import { anAgent, aSession } from "./stores/samples.ts";

/**
 * Somebody else comes in on the agent between the two readings: ends the session, and changes the agent then, whose record
 * lives on because another session of before stays.
 */
function overtaken({ ended }: { readonly ended: boolean }) {
  const agent: AgentSession = { ...anAgent({ epoch: 2 }), revision: "2" };
  const session = aSession({ agentId: agent.agentId, recordId: agent.recordId, since: 1 });
  let stored: AppSession | null = session;
  const store = { getSession: async () => stored } as Partial<SessionStore> as SessionStore;
  const newest = async () => {
    if (ended) stored = null;
    return agent;
  };
  const look = new SessionLookUp({
    store,
    credentials: { newest } as Partial<Credentials> as Credentials,
    lifetime: { over: () => null, touchDue: () => false } as never,
    clock: { wall: () => session.lastUsedAt } as never,
  });
  const { issuer, sessionId, subject } = session;
  assert.ok(subject);
  const claims = { issuer: issuer as Issuer, sessionId, subject, scopes: new Set<string>(), expiresAt: 0 };
  return { look, session, claims };
}

test("a session that ended while its agent was read is nobody's way to who came in since", async () => {
  const { look, session, claims } = overtaken({ ended: true });
  await assert.rejects(
    () => look.resolve(claims),
    (error: unknown) => error instanceof Problem && error.code === "session-not-found",
  );
  const again = overtaken({ ended: true });
  assert.equal(await again.look.standing(session), "signed-out");
});

test("a session that stays is found, whoever came in since", async () => {
  const { look, session, claims } = overtaken({ ended: false });
  assert.equal((await look.resolve(claims)).session, session);
});
