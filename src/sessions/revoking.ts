import type { AgentId } from "../gateway/index.ts";
import type { Leaving } from "./leaving.ts";
import type { Actor, SessionLog } from "./log.ts";
import { type AppSession, type Issuer, issuers, type SessionId, type Subject } from "./model.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import type { SessionStore } from "./stores/port.ts";

/** Agents signed out at once: a gateway that hangs holds up no more than these. */
const MOST_AT_ONCE = 16;

interface Deps {
  readonly store: SessionStore;
  readonly leaving: Leaving;
  readonly log: SessionLog;
}

/**
 * Ends sessions on a trusted backend's word, at once and for good: whoever has begun to bind is kept from it. Agents who have
 * no session left are signed out after the answer; what a lease or the gateway holds up, the sweep does.
 */
export class Revoking {
  readonly #deps: Deps;
  readonly #toSignOut = new Map<AgentId, Actor>();
  #signingOut = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The sessions of both issuers that bear this id; a backend knows ids, not issuers. One that is not there has ended. */
  async session(sessionId: SessionId, actor: Actor): Promise<void> {
    const outcomes = await Promise.allSettled(
      issuers.map((issuer) => this.#deps.store.revokeSession({ issuer, sessionId })),
    );
    // Also what the store has done by half.
    this.#tell(
      outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : [])),
      actor,
    );
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  async subject(issuer: Issuer, subject: Subject, actor: Actor): Promise<void> {
    this.#tell(await this.#deps.store.revokeSubject(issuer, subject), actor);
  }

  close(): void {
    this.#toSignOut.clear();
  }

  #tell(revoked: readonly AppSession[], actor: Actor): void {
    const { log, store } = this.#deps;
    for (const session of revoked) {
      log.sessionEnded(session, "revoked", actor);
      log.sessionRevoked(session, actor);
      // Not awaited: streams look by themselves as well.
      void store.publish(session.agentId, sessionEnded(session, "revoked")).catch(() => undefined);
      this.#toSignOut.set(session.agentId, actor);
    }
    this.#signOutNext();
  }

  #signOutNext(): void {
    while (this.#signingOut < MOST_AT_ONCE) {
      const next = this.#toSignOut.entries().next();
      if (next.done) return;
      const [agentId, actor] = next.value;
      this.#toSignOut.delete(agentId);
      this.#signingOut += 1;
      void this.#deps.leaving
        .signOutIfLeft(agentId, { reason: "revoked", actor })
        .catch(() => undefined)
        .finally(() => {
          this.#signingOut -= 1;
          this.#signOutNext();
        });
    }
  }
}
