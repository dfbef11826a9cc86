import type { AgentId, Gateway } from "../gateway/index.ts";
import type { Claims } from "../tokens/index.ts";
import { type AgentPage, listAgents } from "./agent-list.ts";
import { AuthorizedCalls } from "./authorized-call.ts";
import { AuthorizedGateway } from "./authorized-gateway.ts";
import { type BindInput, Binding } from "./binding.ts";
import { CarriedClock } from "./carried-clock.ts";
import type { Chance, Clock } from "./clock.ts";
import { Credentials } from "./credentials.ts";
import { GatewaySignIn, type SignInInput } from "./gateway-sign-in.ts";
import { learnInspector } from "./inspector-right.ts";
import { Keeper } from "./keep-alive/keeper.ts";
import { LaterSignOuts } from "./later-sign-outs.ts";
import { Leaving } from "./leaving.ts";
import { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import type { AgentSession, AppSession, EndReason, Issuer, SessionId, SessionKey, Subject } from "./model.ts";
import type { SessionOptions } from "./options.ts";
import type { OwnConference } from "./own-conference.ts";
import { OwnConferences } from "./own-conferences.ts";
import { Readiness, type ReadinessCheck } from "./readiness.ts";
import { Revoking } from "./revoking.ts";
import { type BoundSession, SessionLookUp } from "./session-look-up.ts";
import { SignInLeases } from "./sign-in-lease.ts";
import { type Applicant, type SignInResult, SigningIn } from "./signing-in.ts";
import type { AgentMessage, SessionPage, SessionQuery, SessionStore, StoredEvent, Unsubscribe } from "./stores/port.ts";
import { Verdicts } from "./verdict.ts";

export type { BoundSession };

export interface SessionsDeps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly config: SessionOptions;
  readonly gatewayTimeoutMs: number;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** Everything that the rest of the service may do with sessions. */
export class Sessions {
  /** What has to work for this instance to do its job, each rejecting with a problem while it does not. */
  readonly checks: readonly ReadinessCheck[];
  /** For what is given out and comes back: opens on every instance of the installation. */
  readonly sealer: SessionStore["sealer"];
  /** What everything here goes by; streams do too. */
  readonly clock: Clock;
  /** Tells the log of a mistake of ours that no answer tells of. */
  readonly unexpected: (error: unknown) => void;
  readonly polled: Pick<Keeper, "oldestPollAgeMs" | "states">;
  readonly #time: CarriedClock;
  readonly #store: SessionStore;
  readonly #gateway: Gateway;
  readonly #lifetime: Lifetime;
  readonly #keeper: Keeper;
  readonly #credentials: Credentials;
  readonly #lookUp: SessionLookUp;
  readonly #calls: AuthorizedCalls;
  readonly #leaving: Leaving;
  readonly #ownConferences: OwnConferences;
  readonly #later: LaterSignOuts;
  readonly #signingIn: SigningIn;
  readonly #binding: Binding;
  readonly #revoking: Revoking;
  readonly #readiness: Readiness;

  constructor(deps: SessionsDeps) {
    const { store, gateway, config, gatewayTimeoutMs, log, chance } = deps;
    const clock = new CarriedClock({ ...deps, idleMs: config.idleMs });
    this.#store = store;
    this.#gateway = gateway;
    this.clock = clock;
    this.#time = clock;
    this.unexpected = (error) => log.unexpected(undefined, error);
    this.#lifetime = new Lifetime(config, clock, clock.passed);
    this.#credentials = new Credentials({ store, log, clock });
    const shared = {
      store,
      gateway,
      gatewayTimeoutMs,
      log,
      clock,
      chance,
      lifetime: this.#lifetime,
      credentials: this.#credentials,
    };
    this.#lookUp = new SessionLookUp(shared);
    this.#ownConferences = new OwnConferences(shared);
    const leases = new SignInLeases(shared);
    const verdicts = new Verdicts({ ...shared, leases });
    this.#later = new LaterSignOuts({ ...shared, leases });
    const later = this.#later;
    this.#leaving = new Leaving({ ...shared, leases, later, verdicts });
    this.#keeper = new Keeper({
      ...shared,
      leases,
      verdicts,
      leaving: this.#leaving,
      ownConferences: this.#ownConferences,
      owner: chance.id(),
      idleMs: config.idleMs,
      leaseMs: config.leaseMs,
      claimMs: Math.min(2_000, config.leaseMs / 10),
      intervalMs: config.keepAliveIntervalMs,
      holdMs: config.pollHoldMs,
      verdictMs: config.verdictMs,
      sweepMs: Math.min(15_000, Math.max(250, config.idleMs / 4)),
    });
    this.polled = this.#keeper;
    const keepAlive = this.#keeper.keepAlive;
    const atGateway = new GatewaySignIn({ ...shared, leases, later });
    this.#signingIn = new SigningIn({ ...shared, leases, atGateway, later, leaving: this.#leaving, keepAlive });
    this.#binding = new Binding({ ...shared, leases, leaving: this.#leaving, keepAlive });
    this.#readiness = new Readiness({ store, clock, keepAliveFails: () => this.#keeper.fails });
    this.checks = this.#readiness.checks;
    this.sealer = store.sealer;
    this.#revoking = new Revoking({ store, log, leaving: this.#leaving });
    this.#calls = new AuthorizedCalls({
      store,
      verdicts,
      clock,
      credentials: this.#credentials,
      verdictWanted: (agentId) => this.#keeper.verdictWanted(agentId),
    });
  }

  /** The session of a verified token. Throws `session-not-found` when there is none, or it is another subject's. */
  resolve(claims: Claims): Promise<BoundSession> {
    return this.#lookUp.resolve(claims);
  }

  /**
   * The session as it stands now, whatever a cache or a message says, or why it is over. For who shows something to it long
   * after it asked: what came in meanwhile is shown to a session that stood after that. To stand is to be used.
   */
  standing(known: AppSession): Promise<BoundSession | EndReason> {
    return this.#lookUp.standing(known);
  }

  /** The gateway as the session's agent may ask it, for one question or several in a row. */
  gatewayFor({ session, agent }: BoundSession): AuthorizedGateway {
    const stillBound = (newest: AgentSession) => this.#lookUp.insistOn(session, newest);
    return new AuthorizedGateway({ gateway: this.#gateway, calls: this.#calls, agent, stillBound });
  }

  /** What is known of the conference that the agent is in, or about to be in. */
  ownConference({ agent }: BoundSession): Promise<OwnConference> {
    return this.#ownConferences.of(agent);
  }

  /** Changes what is known of it, unless `change` answers with what it was given. Answers with what is known then. */
  changeOwnConference(
    { agent }: BoundSession,
    change: (own: OwnConference, epoch: number) => OwnConference,
  ): Promise<OwnConference> {
    return this.#ownConferences.change(agent, change);
  }

  /** Remembers what the gateway told about the agent's right. */
  learnInspector(told: AgentSession, inspector: boolean): void {
    learnInspector(this.#store, told, inspector);
  }

  signIn(applicant: Applicant, input: SignInInput, actor: Actor): Promise<SignInResult> {
    return this.#signingIn.signIn(applicant, input, actor);
  }

  /** Ends the token's session; also when the gateway does not answer. Throws `agent-busy`, `session-not-found`. */
  async signOut(claims: Claims, force: boolean, actor: Actor): Promise<void> {
    // Afresh: what a cache has may have been bound anew since, and would be taken for left already.
    const session = await this.#lookUp.living(claims, true);
    await this.#leaving.leave(session, { reason: "signed-out", force, actor });
  }

  bind(key: SessionKey, input: BindInput, actor: Actor): Promise<{ session: AppSession; created: boolean }> {
    return this.#binding.bind(key, input, actor);
  }

  /** Those that live; a page may have fewer than it could hold. */
  async list(query: SessionQuery): Promise<SessionPage> {
    const { sessions, next } = await this.#store.listSessions(query);
    return { sessions: sessions.filter((session) => this.over(session) === null), next };
  }

  /** Ends the sessions of this id on a backend's word. */
  revoke(sessionId: SessionId, actor: Actor): Promise<void> {
    return this.#revoking.session(sessionId, actor);
  }

  revokeSubject(issuer: Issuer, subject: Subject, actor: Actor): Promise<void> {
    return this.#revoking.subject(issuer, subject, actor);
  }

  /** The agents that are signed in, by number. */
  agents(after: AgentId | undefined, limit: number): Promise<AgentPage> {
    const lastPollAt = (agentId: AgentId) => this.#keeper.lastPollAt(agentId);
    return listAgents({ store: this.#store, lastPollAt }, after, limit);
  }

  agentOf(session: AppSession): Promise<AgentSession | null> {
    return this.#credentials.newest(session.agentId);
  }

  /** When the session ends unless it is used, in epoch milliseconds. */
  expiresAt(session: AppSession): number {
    return this.#lifetime.expiresAt(session);
  }

  /** When the session ends however it is used, in epoch milliseconds. */
  latestEnd(session: AppSession): number {
    return this.#lifetime.latestEnd(session);
  }

  /** Why the session's time is over, or null while it is not. */
  over(session: AppSession): "idle" | "too-old" | null {
    return this.#lifetime.over(session);
  }

  /** Hears what concerns the agent: its events, its state, the ends of its sessions. */
  listen(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    return this.#store.subscribe(agentId, listener);
  }

  /** The agent's events that are kept, after the one that is named; all of them where that one is not known. */
  eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    return this.#store.eventsAfter(agentId, afterId);
  }

  keepAlive(agentId: AgentId): Promise<void> {
    return this.#keeper.keepAlive(agentId);
  }

  /** How many agents this instance polls. */
  get agentsPolled(): number {
    return this.#keeper.size;
  }

  start(): void {
    void this.#time.start();
    this.#readiness.start();
    this.#keeper.start();
  }

  /** Lets go of every agent, and writes what the store has not got yet. Takes `graceMs` at most. */
  async close(graceMs: number): Promise<void> {
    this.#readiness.close();
    this.#time.close();
    await Promise.all([this.#keeper.close(graceMs), this.#signingIn.close(graceMs)]);
    await this.#credentials.flush();
    this.#credentials.close();
    this.#later.close();
    this.#revoking.close();
  }
}
