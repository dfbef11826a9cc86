import type { GatewayEvent, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Clock } from "./clock.ts";
import { type Credentials, sameCredential } from "./credentials.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import type { AgentSession, EndReason } from "./model.ts";
import type { SignInLeases, Turn } from "./sign-in-lease.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import type { SessionStore } from "./stores/port.ts";

/**
 * The one predicate that tells the end of a session from everything else. Faults of the network, the store or the
 * gateway, and every other retcode, end nothing.
 */
export function endsSession(refusal: Refusal): boolean {
  return refusal.effect !== "none";
}

const SHUTDOWN = "AgentOther_ShutdownService";

/**
 * Whether the event tells the end of this very sign-in (page 1402): it names the sign-in by its time, and one that it left
 * over from a former sign-in ends nobody's present one. Where either is not known, the next poll tells.
 */
export function endsSignIn({ type, content }: GatewayEvent, { loginTime }: AgentSession): boolean {
  if (type !== SHUTDOWN || loginTime === null) return false;
  const told = typeof content === "object" && content !== null && "loginTime" in content ? content.loginTime : null;
  return (typeof told === "string" || typeof told === "number") && String(told) === loginTime;
}

export function endReason(refusal: Refusal): EndReason {
  return refusal.effect === "signed-out" ? "agent-not-signed-in" : "session-expired";
}

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly lifetime: Lifetime;
  readonly log: SessionLog;
  readonly clock: Clock;
}

/** Carries out what the gateway has decided: the agent session is over, and with it every app session. */
export class Verdicts {
  readonly #store: SessionStore;
  readonly #credentials: Credentials;
  readonly #leases: SignInLeases;
  readonly #lifetime: Lifetime;
  readonly #log: SessionLog;
  readonly #clock: Clock;

  constructor({ store, credentials, leases, lifetime, log, clock }: Deps) {
    this.#store = store;
    this.#credentials = credentials;
    this.#leases = leases;
    this.#lifetime = lifetime;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Ends the agent session whose Guid was refused, unless a newer Guid or sign-in has come by then. Answers whether it
   * is over. A sign-in or sign-out that is under way decides by itself: it is waited for up to `waitMs`, and past that
   * this throws `sign-in-in-progress`.
   *
   * An external agent ends only when the gateway says that it is signed out; otherwise it waits for its next `PUT`.
   */
  end(refused: AgentSession, reason: EndReason, waitMs = 0): Promise<boolean> {
    return this.#leases.during(refused.agentId, waitMs, async (turn) => {
      const current = await this.#credentials.newest(refused.agentId, { fresh: true });
      if (current === null) return true;
      if (!sameCredential(current, refused)) return false;
      if (current.keepAlive === "external" && reason === "session-expired") {
        return this.#expire(refused);
      }
      await this.forget(current, turn, reason);
      return true;
    });
  }

  /** The sign-in is over with every Guid that it had, also with one that came together with the event that told so. */
  async endSignIn(known: AgentSession): Promise<void> {
    const newest = await this.#credentials.newest(known.agentId, { fresh: true });
    if (newest?.signInId === known.signInId) await this.end(newest, "agent-not-signed-in");
  }

  async #expire(refused: AgentSession): Promise<boolean> {
    const { agentId } = refused;
    const isRefused = (agent: AgentSession | null) => agent !== null && sameCredential(agent, refused);
    const { agent, written } = await this.#credentials.change(agentId, (current) =>
      current !== null && isRefused(current) && current.state !== "expired"
        ? { ...current, state: "expired", stateSince: this.#clock.wall() }
        : null,
    );
    if (written) {
      for (const session of await this.#store.sessionsOfAgent(agentId)) this.#log.sessionExpired(session);
      await this.#store.publish(agentId, { type: "agent-changed" });
    }
    return agent === null || isRefused(agent);
  }

  /**
   * Deletes the app sessions and then the agent session: a process that is killed in between leaves an agent without
   * sessions, which is signed out later, and never a session that the next sign-in would bring back. Call it under the
   * sign-in lease; whose process stood still past that, and has been overtaken by a sign-in, ends nothing;
   * in the middle of it this throws `sign-in-in-progress`.
   */
  async forget(
    { agentId, signInId }: Pick<AgentSession, "agentId" | "signInId">,
    turn: Turn,
    reason: EndReason,
    actor?: Actor,
  ): Promise<void> {
    const sessions = await this.#store.sessionsOfAgent(agentId);
    // Read after them: whose session is among them has its agent written before.
    const current = await this.#store.getAgent(agentId, { fresh: true });
    if (current !== null && current.signInId !== signInId) return;
    for (const session of sessions) {
      if (!turn.lasts()) throw new Problem("sign-in-in-progress");
      const ended = await this.#store.deleteSession(session);
      if (ended === null) continue;
      // One that no sweep has come by yet was over before, and nobody's doing.
      const over = this.#lifetime.over(ended);
      if (over === null) this.#log.sessionEnded(ended, reason, actor);
      else this.#log.sessionEnded(ended, over);
      await this.#store.publish(agentId, sessionEnded(ended, reason));
    }
    await this.#store.deleteAgent(agentId, signInId);
    await this.#store.publish(agentId, { type: "agent-changed" });
  }
}
