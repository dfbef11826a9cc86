import { Problem } from "../problems.ts";
import type { Claims } from "../tokens/index.ts";
import { isBoundTo } from "./belonging.ts";
import type { Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { Lifetime } from "./lifetime.ts";
import { type AgentSession, type AppSession, bindingNameOf, type EndReason, sameBinding } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";

/** An app session that lives, with the agent session behind it. */
export interface BoundSession {
  readonly session: AppSession;
  readonly agent: AgentSession;
}

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly lifetime: Lifetime;
  readonly clock: Clock;
}

/** Who may do something as which agent: looked up for a request, and looked at again for what lasts longer. */
export class SessionLookUp {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The session of a verified token. Throws `session-not-found` when there is none, or it is another subject's. */
  async resolve(claims: Claims): Promise<BoundSession> {
    const { session, agent } = (await this.#found(claims, false)) ?? (await this.#found(claims, true)) ?? {};
    if (session === undefined || agent === undefined) throw new Problem("session-not-found");
    this.#touch(session);
    return { session, agent };
  }

  /** @returns null where the agent's record is not the one that the session is bound to, as what is cached may tell */
  async #found(claims: Claims, fresh: boolean): Promise<BoundSession | null> {
    const session = await this.living(claims, fresh);
    const agent = await this.#deps.credentials.newest(session.agentId, { fresh });
    if (agent === null || !isBoundTo(session, agent)) return null;
    // Whoever came in since may have ended this session, and the agent been read after that: what tells of the end came first.
    if (agent.epoch > session.since && (await this.living(claims, fresh)).bindingId !== session.bindingId) return null;
    return { session, agent };
  }

  /**
   * The session as it stands now, whatever a cache or a message says, or why it is over. For who shows something to it long
   * after it asked: what came in meanwhile is shown to a session that stood after that. To stand is to be used.
   */
  async standing(known: AppSession): Promise<BoundSession | EndReason> {
    const fresh = { fresh: true };
    // One after the other: whoever signs in for somebody else ends the sessions of before first, and changes the agent then.
    const agent = await this.#deps.credentials.newest(known.agentId, fresh);
    const session = await this.#deps.store.getSession(known, fresh);
    // Whether it was idle nobody can tell any more: it may have been used elsewhere.
    if (session === null) return this.#deps.lifetime.over(known) === "too-old" ? "too-old" : "signed-out";
    if (!sameBinding(session, known)) return "replaced";
    const over = this.#deps.lifetime.over(session);
    if (over !== null) return over;
    if (agent === null || !isBoundTo(session, agent)) return "agent-not-signed-in";
    this.#touch(session);
    return { session, agent };
  }

  async living({ issuer, sessionId, subject, binding }: Claims, fresh = false): Promise<AppSession> {
    if (sessionId === null) throw new Problem("session-not-found");
    const session = await this.#deps.store.getSession({ issuer, sessionId }, { fresh });
    if (session === null || this.#deps.lifetime.over(session) !== null) throw new Problem("session-not-found");
    if (session.subject !== null && session.subject !== subject) throw new Problem("session-not-found");
    if (binding !== undefined && binding !== bindingNameOf(session)) throw new Problem("session-not-found");
    return session;
  }

  #touch(session: AppSession): void {
    // Not awaited: a request does not wait for bookkeeping, and a lost one is made up for by the next.
    if (this.#deps.lifetime.touchDue(session)) {
      void this.#deps.store.touchSession(session, this.#deps.clock.wall()).catch(() => undefined);
    }
  }

  /** Throws `session-not-found` unless the session still is as it was known, and this is a sign-in of its own. */
  async insistOn(known: AppSession, agent: AgentSession): Promise<void> {
    const present = await this.#deps.store.getSession(known, { fresh: true });
    if (present === null || !sameBinding(present, known) || !isBoundTo(present, agent)) {
      throw new Problem("session-not-found");
    }
  }
}
