import type { Request } from "express";
import type { AgentId } from "../../gateway/index.ts";
import { scopeOf } from "../../http/request-scope.ts";
import type { Claims } from "../../tokens/index.ts";
import { beforeSending } from "../before-sending.ts";
import type { BoundSession, Sessions } from "../sessions.ts";

/** Whom a request is about: its lines in the log name the agent from here on. */
export function nameAgent(request: Request, agentId: AgentId): void {
  scopeOf(request).agentId = agentId;
}

/** The session that a request's token is bound to. Throws `session-not-found`, `session-store-unavailable`. */
export async function boundSession(sessions: Sessions, request: Request, claims: Claims): Promise<BoundSession> {
  const bound = await sessions.resolve(claims);
  nameAgent(request, bound.agent.agentId);
  return bound;
}

/** The same, for what changes something at the gateway and is sent once: a problem says that nothing was done. */
export function boundForChange(sessions: Sessions, request: Request, claims: Claims): Promise<BoundSession> {
  return beforeSending(() => boundSession(sessions, request, claims));
}
