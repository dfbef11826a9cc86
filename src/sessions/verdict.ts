import type { AgentId, Refusal } from "../gateway/index.ts";
import type { Actor, SessionLog } from "../log.ts";
import type { Credentials } from "./credentials.ts";
import { sameCredential } from "./credentials.ts";
import type { AgentSession } from "./model.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import type { EndReason, SessionStore } from "./stores/port.ts";

/**
 * The one predicate that tells the end of a session from everything else. Faults of the network, the store or the
 * gateway, and every other retcode, end nothing.
 */
export function endsSession(refusal: Refusal): boolean {
  return refusal.effect !== "none";
}

export function endReason(refusal: Refusal): EndReason {
  return refusal.effect === "signed-out" ? "agent-not-signed-in" : "session-expired";
}

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly log: SessionLog;
  readonly now: () => number;
}

/** Carries out what the gateway has decided: the agent session is over, and with it every app session. */
export class Verdicts {
  readonly #store: SessionStore;
  readonly #credentials: Credentials;
  readonly #leases: SignInLeases;
  readonly #log: SessionLog;
  readonly #now: () => number;

  constructor({ store, credentials, leases, log, now }: Deps) {
    this.#store = store;
    this.#credentials = credentials;
    this.#leases = leases;
    this.#log = log;
    this.#now = now;
  }

  /**
   * Ends the agent session whose Guid was refused, unless a newer Guid or sign-in has come by then. A sign-in or
   * sign-out that is under way decides by itself, so the lease is only tried.
   *
   * An external agent ends only when the gateway says that it is signed out; otherwise it waits for its next `PUT`.
   */
  async end(refused: AgentSession, reason: EndReason): Promise<void> {
    await this.#leases.during(refused.agentId, 0, async () => {
      const current = await this.#credentials.newest(refused.agentId, { fresh: true });
      if (current === null || !sameCredential(current, refused)) return;
      if (current.keepAlive === "external" && reason === "session-expired") {
        const expired = { ...current, state: "expired", stateSince: this.#now() } as const;
        if ((await this.#store.updateAgent(expired)) === null) return;
        for (const session of await this.#store.sessionsOfAgent(current.agentId)) this.#log.sessionExpired(session);
        await this.#store.publish(current.agentId, { type: "agent-changed" });
        return;
      }
      await this.forget(current.agentId, current.signInId, reason);
    });
  }

  /** Deletes the agent session and its app sessions. Call it under the sign-in lease. */
  async forget(agentId: AgentId, signInId: string, reason: EndReason, actor?: Actor): Promise<void> {
    await this.#store.deleteAgent(agentId, signInId);
    for (const session of await this.#store.sessionsOfAgent(agentId)) {
      const ended = await this.#store.deleteSession(session);
      if (ended === null) continue;
      this.#log.sessionEnded(ended, reason, actor);
      await this.#store.publish(agentId, { type: "session-ended", key: ended, reason });
    }
    await this.#store.publish(agentId, { type: "agent-changed" });
  }
}
