import type { AgentId } from "../gateway/index.ts";
import type { Claims } from "../tokens/index.ts";
import type { Applicant, SignInResult } from "./admission.ts";
import { type AgentPage, listAgents } from "./agent-list.ts";
import { AuthorizedGateway } from "./authorized-gateway.ts";
import type { BindInput } from "./binding.ts";
import type { Clock } from "./clock.ts";
import type { SignInInput } from "./gateway-sign-in.ts";
import { learnInspector } from "./inspector-right.ts";
import type { Keeper } from "./keep-alive/keeper.ts";
import type { Actor } from "./log.ts";
import type { AgentSession, AppSession, EndReason, Issuer, SessionId, SessionKey, Subject } from "./model.ts";
import type { OwnConference } from "./own-conference.ts";
import { type Parts, partsOf, type SessionsDeps } from "./parts.ts";
import type { ReadinessCheck } from "./readiness.ts";
import type { BoundSession } from "./session-look-up.ts";
import type { AgentMessage, StoredEvent, Unsubscribe } from "./stores/agent-messages.ts";
import type { SessionPage, SessionQuery, SessionStore } from "./stores/port.ts";

export type { BoundSession };

/** Everything that the rest of the service may do with sessions. */
export class Sessions {
  /** How other instances and `GET /agents` know this one: another name at each start. */
  readonly instance: string;
  /** What has to work for this instance to do its job, each rejecting with a problem while it does not. */
  readonly checks: readonly ReadinessCheck[];
  /** For what is given out and comes back: opens on every instance of the installation. */
  readonly sealer: SessionStore["sealer"];
  /** What everything here goes by; streams do too. */
  readonly clock: Clock;
  /** Tells the log of a mistake of ours that no answer tells of. */
  readonly unexpected: (error: unknown) => void;
  readonly polled: Pick<Keeper, "oldestPollAgeMs" | "states">;
  readonly #parts: Parts;

  constructor(deps: SessionsDeps) {
    this.#parts = partsOf(deps);
    this.instance = this.#parts.instance;
    this.checks = this.#parts.readiness.checks;
    this.sealer = deps.store.sealer;
    this.clock = this.#parts.clock;
    this.unexpected = (error) => deps.log.unexpected(undefined, error);
    this.polled = this.#parts.keeper;
  }

  /** The session of a verified token. Throws `session-not-found` when there is none, or it is another subject's. */
  resolve(claims: Claims): Promise<BoundSession> {
    return this.#parts.lookUp.resolve(claims);
  }

  /**
   * The session as it stands now, whatever a cache or a message says, or why it is over. For who shows something to it long
   * after it asked: what came in meanwhile is shown to a session that stood after that. To stand is to be used.
   */
  standing(known: AppSession): Promise<BoundSession | EndReason> {
    return this.#parts.lookUp.standing(known);
  }

  /** The gateway as the session's agent may ask it, for one question or several in a row. */
  gatewayFor({ session, agent }: BoundSession): AuthorizedGateway {
    const stillBound = (newest: AgentSession) => this.#parts.lookUp.insistOn(session, newest);
    return new AuthorizedGateway({ gateway: this.#parts.gateway, calls: this.#parts.calls, agent, stillBound });
  }

  /** What is known of the conference that the agent is in, or about to be in. */
  ownConference({ agent }: BoundSession): Promise<OwnConference> {
    return this.#parts.ownConferences.of(agent);
  }

  /** Changes what is known of it, unless `change` answers with what it was given. Answers with what is known then. */
  changeOwnConference(
    { agent }: BoundSession,
    change: (own: OwnConference, epoch: number) => OwnConference,
  ): Promise<OwnConference> {
    return this.#parts.ownConferences.change(agent, change);
  }

  /** Remembers what the gateway told about the agent's right. */
  learnInspector(told: AgentSession, inspector: boolean): void {
    learnInspector(this.#parts.store, told, inspector);
  }

  async signIn(applicant: Applicant, input: SignInInput, actor: Actor): Promise<SignInResult> {
    await this.#parts.clock.known();
    return this.#parts.signingIn.signIn(applicant, input, actor);
  }

  /** Ends the token's session; also when the gateway does not answer. Throws `agent-busy`, `session-not-found`. */
  async signOut(claims: Claims, force: boolean, actor: Actor): Promise<void> {
    // Afresh: what a cache has may have been bound anew since, and would be taken for left already.
    const session = await this.#parts.lookUp.living(claims, true);
    await this.#parts.leaving.leave(session, { reason: "signed-out", force, actor });
  }

  async bind(key: SessionKey, input: BindInput, actor: Actor): Promise<{ session: AppSession; created: boolean }> {
    await this.#parts.clock.known();
    return this.#parts.binding.bind(key, input, actor);
  }

  /** Those that live; a page may have fewer than it could hold. */
  async list(query: SessionQuery): Promise<SessionPage> {
    const { sessions, next } = await this.#parts.store.listSessions(query);
    return { sessions: sessions.filter((session) => this.over(session) === null), next };
  }

  /** Ends the sessions of this id on a backend's word. */
  revoke(sessionId: SessionId, actor: Actor): Promise<void> {
    return this.#parts.revoking.session(sessionId, actor);
  }

  revokeSubject(issuer: Issuer, subject: Subject, actor: Actor): Promise<void> {
    return this.#parts.revoking.subject(issuer, subject, actor);
  }

  /** The agents that are signed in, by number. */
  agents(after: AgentId | undefined, limit: number): Promise<AgentPage> {
    const lastPollAt = (agentId: AgentId) => this.#parts.keeper.lastPollAt(agentId);
    return listAgents({ store: this.#parts.store, lastPollAt }, after, limit);
  }

  agentOf(session: AppSession): Promise<AgentSession | null> {
    return this.#parts.credentials.newest(session.agentId);
  }

  /** When the session ends unless it is used, in epoch milliseconds. */
  expiresAt(session: AppSession): number {
    return this.#parts.lifetime.expiresAt(session);
  }

  /** When the session ends however it is used, in epoch milliseconds. */
  latestEnd(session: AppSession): number {
    return this.#parts.lifetime.latestEnd(session);
  }

  /** Why the session's time is over, or null while it is not. */
  over(session: AppSession): "idle" | "too-old" | null {
    return this.#parts.lifetime.over(session);
  }

  /** Hears what concerns the agent: its events, its state, the ends of its sessions. */
  listen(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    return this.#parts.store.subscribe(agentId, listener);
  }

  /** The agent's events that are kept, after the one that is named; all of them where that one is not known. */
  eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    return this.#parts.store.eventsAfter(agentId, afterId);
  }

  keepAlive(agentId: AgentId): Promise<void> {
    return this.#parts.keeper.keepAlive(agentId);
  }

  /** How many agents this instance polls. */
  get agentsPolled(): number {
    return this.#parts.keeper.size;
  }

  start(): void {
    void this.#parts.clock.start();
    this.#parts.readiness.start();
    this.#parts.keeper.start();
  }

  /** Lets go of every agent, and writes what the store has not got yet. Takes `graceMs` at most. */
  async close(graceMs: number): Promise<void> {
    this.#parts.readiness.close();
    this.#parts.clock.close();
    await Promise.all([this.#parts.keeper.close(graceMs), this.#parts.signingIn.close(graceMs)]);
    await this.#parts.credentials.flush();
    this.#parts.credentials.close();
    this.#parts.later.close();
    this.#parts.revoking.close();
  }
}
