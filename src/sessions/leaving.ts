import { LRUCache } from "lru-cache";
import { type AgentId, type Gateway, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { LaterSignOuts } from "./later-sign-outs.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import type { AgentSession, AppSession, EndReason, SessionKey } from "./model.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import { type SessionStore, sessionEnded } from "./stores/port.ts";
import { endsSession, type Verdicts } from "./verdict.ts";

/** For as long a sign-in may have the agent's lease; past it, sweeps do the rest. */
const LONGEST_TURN_MS = 60_000;

interface Deps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly later: LaterSignOuts;
  readonly verdicts: Verdicts;
  readonly lifetime: Lifetime;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly gatewayTimeoutMs: number;
}

export interface LeaveOptions {
  readonly reason: EndReason;
  /** Ends the agent's call as well, instead of answering `agent-busy`. */
  readonly force?: boolean;
  /** Left out when its time is over. */
  readonly actor?: Actor;
}

/** How app sessions end, and with the last one the agent's sign-in. */
export class Leaving {
  readonly #deps: Deps;
  /** Talking agents without a session that the log was told of within the last minute. */
  readonly #toldBusy: LRUCache<AgentId, true>;

  constructor(deps: Deps) {
    this.#deps = deps;
    const perf = { now: () => deps.clock.monotonic() };
    this.#toldBusy = new LRUCache({ max: 1_000, ttl: 60_000, ttlResolution: 0, perf });
  }

  /**
   * Ends one app session. The last one of a managed agent signs the agent out at the gateway; a gateway that does not
   * answer does not hold it up.
   *
   * @throws `agent-busy` when the agent is talking and `force` is not set; then nothing has changed.
   */
  async leave(session: AppSession, options: LeaveOptions): Promise<void> {
    const { store, leases, gatewayTimeoutMs } = this.#deps;
    const inTurn = leases.during(session.agentId, gatewayTimeoutMs, async () => {
      const current = await store.getSession(session, { fresh: true });
      // Ended or bound anew, perhaps to another agent: what was to be left is left already.
      if (current?.bindingId !== session.bindingId) return;
      if (!(await this.#hasLivingSessions(session.agentId, session)))
        await this.#signOutAgent(session.agentId, options);
      await this.#end(session, options);
    });
    await inTurn.catch(async (error: unknown) => {
      // A sign-in may be followed for a minute. What it will find is a device less.
      if (!(error instanceof Problem) || error.code !== "sign-in-in-progress") throw error;
      await this.#end(session, options);
      void this.signOutIfLeft(session.agentId, options, LONGEST_TURN_MS).catch(() => undefined);
    });
  }

  /** Signs the agent out unless a session is left; a busy one is signed out later, by {@link sweep}. */
  async signOutIfLeft(
    agentId: AgentId,
    options: LeaveOptions,
    waitMs: number = this.#deps.gatewayTimeoutMs,
  ): Promise<void> {
    await this.#deps.leases.during(agentId, waitMs, async () => {
      if (await this.#hasLivingSessions(agentId)) return;
      await this.#signOutUnlessBusy(agentId, options);
    });
  }

  /**
   * Ends the agent's app sessions whose time is over, and signs the agent out when none is left. An agent who is
   * talking stays signed in until a later sweep finds the call ended.
   */
  async sweep(agentId: AgentId): Promise<void> {
    const { store, leases, lifetime } = this.#deps;
    const sessions = await store.sessionsOfAgent(agentId);
    if (sessions.length > 0 && sessions.every((session) => lifetime.over(session) === null)) return;
    await leases.during(agentId, 0, () => this.#sweepInTurn(agentId, true));
  }

  /** The same for who holds the sign-in lease already, and is going to replace a session that is damaged. */
  sweepInTurn(agentId: AgentId): Promise<void> {
    return this.#sweepInTurn(agentId, false);
  }

  /** @param damaged whether a session that is damaged keeps the agent signed in */
  async #sweepInTurn(agentId: AgentId, damaged: boolean): Promise<void> {
    const { store, lifetime } = this.#deps;
    for (const session of await store.sessionsOfAgent(agentId)) {
      const reason = lifetime.over(session);
      if (reason !== null) await this.#end(session, { reason }, session.lastUsedAt);
    }
    if (await store.hasSessions(agentId, { counts: () => true, damaged })) return;
    await this.#signOutUnlessBusy(agentId, { reason: "idle" });
  }

  /** One that cannot be read counts: nobody is signed out because of it. */
  #hasLivingSessions(agentId: AgentId, except?: SessionKey): Promise<boolean> {
    const { store, lifetime } = this.#deps;
    const counts = (session: AppSession): boolean =>
      lifetime.over(session) === null && !(session.issuer === except?.issuer && session.sessionId === except.sessionId);
    return store.hasSessions(agentId, { counts, damaged: true });
  }

  async #end(session: AppSession, { reason, actor }: LeaveOptions, ifLastUsedAt?: number): Promise<void> {
    const { store, log } = this.#deps;
    const ended = await store.deleteSession(session, ifLastUsedAt);
    if (ended === null) return;
    log.sessionEnded(ended, reason, actor);
    await store.publish(ended.agentId, sessionEnded(ended, reason));
  }

  async #signOutUnlessBusy(agentId: AgentId, options: LeaveOptions): Promise<void> {
    try {
      await this.#signOutAgent(agentId, options);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "agent-busy") throw error;
      if (this.#toldBusy.has(agentId)) return;
      this.#toldBusy.set(agentId, true);
      this.#deps.log.agentTalksOn(agentId);
    }
  }

  /** Under the sign-in lease. Forgets the agent unless it is busy, which throws. */
  async #signOutAgent(agentId: AgentId, { force = false, reason, actor }: LeaveOptions): Promise<void> {
    const { credentials, verdicts, later, log } = this.#deps;
    const agent = await credentials.newest(agentId, { fresh: true });
    if (agent === null) return;
    if (agent.keepAlive === "managed") {
      try {
        await this.#signOutAtGateway(agent, force);
        log.signedOut(agentId, force, reason, actor);
      } catch (error) {
        if (error instanceof Problem && error.code === "agent-busy") throw error;
        log.signOutFailed(agentId, error);
        later.add(agent, force, () => log.signedOut(agentId, force, reason, actor));
      }
    }
    await verdicts.forget(agentId, agent.signInId, reason, actor);
  }

  /**
   * Once more at once only when the Guid was refused and a newer one is known. An agent who is out already is out; a refused
   * Guid alone does not say so, as it may be a moment's refusal.
   */
  async #signOutAtGateway(first: AgentSession, force: boolean): Promise<void> {
    const { gateway, credentials, gatewayTimeoutMs, clock } = this.#deps;
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    try {
      await gateway.signOut(credentials.caller(first), { force, deadline });
    } catch (error) {
      if (saysSignedOut(error)) return;
      if (!(error instanceof Refusal) || !endsSession(error)) throw error;
      const newer = await credentials.newerThan(first, Math.min(1_000, deadline - clock.monotonic()));
      if (newer === "gone") return;
      if (newer === "none") throw error;
      await gateway.signOut(credentials.caller(newer), { force, deadline }).catch((again: unknown) => {
        if (!saysSignedOut(again)) throw again;
      });
    }
  }
}

const saysSignedOut = (error: unknown): boolean => error instanceof Refusal && error.effect === "signed-out";
