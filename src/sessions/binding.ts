import type { AgentId, Guid } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { changeAgent } from "./agent-change.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { Leaving } from "./leaving.ts";
import type { Actor, SessionLog } from "./log.ts";
import {
  type AgentSession,
  type AppSession,
  type KeepAlive,
  type NewAgentSession,
  type SessionKey,
  type Subject,
  sameBinding,
} from "./model.ts";
import { rebind } from "./rebinding.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import type { SessionStore } from "./stores/port.ts";

export interface BindInput {
  readonly agentId: AgentId;
  readonly guid: Guid;
  /** Null: any subject of the issuer may use the session. */
  readonly subject: Subject | null;
  /** The gateway's cookies as a `Cookie` header; left out: those that are known stay. */
  readonly cookie?: string | undefined;
  readonly keepAlive: KeepAlive;
}

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly leaving: Leaving;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly gatewayTimeoutMs: number;
  readonly keepAlive: (agentId: AgentId) => Promise<void>;
}

/** Binds sessions whose agent was signed in elsewhere, on a trusted backend's word. */
export class Binding {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Joins the agent session if there is one: the same Guid changes nothing about who keeps it alive, nor does the Guid
   * that was brought before and has rotated here since; another Guid replaces it as a newer version. `created` is false
   * when the session replaced one of the same name.
   */
  async bind(key: SessionKey, input: BindInput, actor: Actor): Promise<{ session: AppSession; created: boolean }> {
    const { store, leases, leaving, log, clock, chance, gatewayTimeoutMs, keepAlive } = this.#deps;
    const { issuer, sessionId } = key;
    const { agentId, subject } = input;
    const now = clock.wall();
    const session = {
      issuer,
      sessionId,
      subject,
      agentId,
      boundBy: "backend",
      bindingId: chance.id(),
      createdAt: now,
      lastUsedAt: now,
    } as const;
    const revocations = await store.revocations(key, subject);
    const before = await leases.during(agentId, gatewayTimeoutMs, async () => {
      await this.#writeAgent(input);
      const rebound = await rebind(store, session, revocations);
      if (rebound !== "revoked") return rebound.before;
      await leaving.sweepInTurn(agentId).catch(() => undefined);
      throw new Problem("sign-in-in-progress", { detail: "The session was revoked meanwhile. Nothing was bound." });
    });
    log.sessionBound(session, actor);
    // Streams of who had this name before end. Bound anew to the same agent and subject, it is the same session.
    if (before !== null && !sameBinding(before, session)) {
      await store.publish(before.agentId, { type: "session-ended", key, reason: "replaced" });
    }
    await store.publish(agentId, { type: "agent-changed" });
    if (before !== null && before.agentId !== agentId) await leaving.sweep(before.agentId).catch(() => undefined);
    await keepAlive(agentId);
    return { session, created: before === null };
  }

  async #writeAgent(input: BindInput): Promise<void> {
    const { store, credentials } = this.#deps;
    await changeAgent(
      store,
      input.agentId,
      (current) => (current === null ? this.#first(input) : this.#joined(current, input)),
      () => credentials.newest(input.agentId, { fresh: true }),
    );
  }

  #first({ agentId, guid, cookie = "", keepAlive }: BindInput): NewAgentSession {
    const { clock, chance } = this.#deps;
    const credential = { guid, broughtGuid: guid, guidVersion: 1, cookies: cookie };
    const agent = { agentId, signInId: chance.id(), ...credential, keepAlive };
    return { ...agent, vdnId: null, inspector: null, state: "active", stateSince: clock.wall() };
  }

  #joined(current: AgentSession, { guid, cookie, keepAlive }: BindInput): NewAgentSession | null {
    const known = current.guid === guid;
    if (!known && current.broughtGuid === guid && current.state !== "expired") return null;
    if (known && current.state !== "expired" && (cookie === undefined || cookie === current.cookies)) return null;
    const cookies = cookie ?? current.cookies;
    const renewed = known
      ? { ...current, cookies }
      : { ...current, guid, broughtGuid: guid, cookies, guidVersion: current.guidVersion + 1, keepAlive };
    return { ...renewed, state: "active", stateSince: this.#deps.clock.wall() };
  }
}
