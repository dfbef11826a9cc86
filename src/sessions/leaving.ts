import { LRUCache } from "lru-cache";
import { type AgentId, type Gateway, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { agesBy, type Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import { FOLLOWED_MS } from "./gateway-sign-in.ts";
import type { LaterSignOuts } from "./later-sign-outs.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import { type AgentSession, type AppSession, type EndReason, type SessionKey, sameKey } from "./model.ts";
import { whileNobodyPolls } from "./polls-kept-up.ts";
import type { SignInLeases, Turn } from "./sign-in-lease.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import type { SessionStore } from "./stores/port.ts";
import { endsSession, type Verdicts } from "./verdict.ts";

/**
 * A store that goes away in the middle of a `PUT` may have taken the agent and not its session. Its backend was told to try
 * again, and would find the sign-in that it has made gone, if the first sweep ended it.
 */
const TRIED_AGAIN_MS = 30_000;

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

interface LeaveOptions {
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
    this.#toldBusy = new LRUCache({ max: 1_000, ttl: 60_000, ...agesBy(deps.clock) });
  }

  /**
   * Ends one app session. The last one of a managed agent signs the agent out at the gateway; a gateway that does not
   * answer does not hold it up.
   *
   * @throws `agent-busy` when the agent is talking and `force` is not set; then nothing has changed.
   */
  async leave(session: AppSession, options: LeaveOptions): Promise<void> {
    const { store, leases, gatewayTimeoutMs } = this.#deps;
    const inTurn = leases.during(session.agentId, gatewayTimeoutMs, async (turn) => {
      const current = await store.getSession(session, { fresh: true });
      // Ended or bound anew, perhaps to another agent: what was to be left is left already.
      if (current?.bindingId !== session.bindingId) return;
      if (!(await this.#hasLivingSessions(session.agentId, session)))
        await this.#signOutAgent(session.agentId, options, turn);
      await this.#end(session, options);
    });
    await inTurn.catch(async (error: unknown) => {
      // What a sign-in that is followed will find is a device less. Past its time, sweeps do the rest.
      if (!(error instanceof Problem) || error.code !== "sign-in-in-progress") throw error;
      await this.#end(session, options);
      void this.signOutIfLeft(session.agentId, options, FOLLOWED_MS).catch(() => undefined);
    });
  }

  /** Signs the agent out unless a session is left; a busy one is signed out later, by {@link sweep}. */
  async signOutIfLeft(
    agentId: AgentId,
    options: LeaveOptions,
    waitMs: number = this.#deps.gatewayTimeoutMs,
  ): Promise<void> {
    await this.#deps.leases.during(agentId, waitMs, async (turn) => {
      if (await this.#hasLivingSessions(agentId)) return;
      await this.#signOutUnlessBusy(agentId, options, turn);
    });
  }

  /**
   * Ends the agent's app sessions whose time is over, and signs the agent out when none is left. An agent who is
   * talking stays signed in until a later sweep finds the call ended.
   *
   * @param patient for who does not know why the agent has no session: it may be about to get one
   */
  async sweep(agentId: AgentId, patient = false): Promise<void> {
    const { store, leases, lifetime } = this.#deps;
    const sessions = await store.sessionsOfAgent(agentId);
    if (sessions.length > 0 && sessions.every((session) => lifetime.over(session) === null)) return;
    if (sessions.length === 0 && patient && (await this.#isNew(agentId))) return;
    await leases.during(agentId, 0, (turn) => this.#sweepInTurn(agentId, true, turn));
  }

  async #isNew(agentId: AgentId): Promise<boolean> {
    const { store, clock } = this.#deps;
    const agent = await store.getAgent(agentId);
    // Of a sign-in nobody else has the Guid: there is no backend to try again.
    if (agent === null || agent.broughtGuid === null) return false;
    const ageMs = clock.wall() - agent.stateSince;
    return ageMs >= 0 && ageMs < TRIED_AGAIN_MS;
  }

  /** The same for who holds the sign-in lease already, and is going to replace a session that is damaged. */
  sweepInTurn(agentId: AgentId, turn: Turn): Promise<void> {
    return this.#sweepInTurn(agentId, false, turn);
  }

  /** @param damaged whether a session that is damaged keeps the agent signed in */
  async #sweepInTurn(agentId: AgentId, damaged: boolean, turn: Turn): Promise<void> {
    const { store, lifetime } = this.#deps;
    for (const session of await store.sessionsOfAgent(agentId)) {
      const reason = lifetime.over(session);
      if (reason !== null) await this.#end(session, { reason }, session.lastUsedAt);
    }
    if (await store.hasSessions(agentId, { counts: () => true, damaged })) return;
    await this.#signOutUnlessBusy(agentId, { reason: "idle" }, turn);
  }

  /** One that cannot be read counts: nobody is signed out because of it. */
  #hasLivingSessions(agentId: AgentId, except?: SessionKey): Promise<boolean> {
    const { store, lifetime } = this.#deps;
    const counts = (session: AppSession): boolean =>
      lifetime.over(session) === null && (except === undefined || !sameKey(session, except));
    return store.hasSessions(agentId, { counts, damaged: true });
  }

  async #end(session: AppSession, { reason, actor }: LeaveOptions, ifLastUsedAt?: number): Promise<void> {
    const { store, log } = this.#deps;
    const ended = await store.deleteSession(session, ifLastUsedAt);
    if (ended === null) return;
    log.sessionEnded(ended, reason, actor);
    await store.publish(ended.agentId, sessionEnded(ended, reason));
  }

  async #signOutUnlessBusy(agentId: AgentId, options: LeaveOptions, turn: Turn): Promise<void> {
    try {
      await this.#signOutAgent(agentId, options, turn);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "agent-busy") throw error;
      if (this.#toldBusy.has(agentId)) return;
      this.#toldBusy.set(agentId, true);
      this.#deps.log.agentTalksOn(agentId);
    }
  }

  /** Under the sign-in lease. Forgets the agent unless it is busy, or the lease is over, which throws. */
  async #signOutAgent(agentId: AgentId, { force = false, reason, actor }: LeaveOptions, turn: Turn): Promise<void> {
    const { credentials, verdicts, later, log } = this.#deps;
    const agent = await credentials.newest(agentId, { fresh: true });
    if (agent === null) return;
    if (!turn.lasts()) throw new Problem("sign-in-in-progress");
    if (agent.keepAlive === "managed") {
      try {
        await whileNobodyPolls(agent, this.#deps, () => this.#signOutAtGateway(agent, force, turn));
        log.signedOut(agentId, force, reason, actor);
      } catch (error) {
        if (error instanceof Problem && ["agent-busy", "sign-in-in-progress"].includes(error.code)) throw error;
        log.signOutFailed(agentId, error);
        const done = () => log.signedOut(agentId, force, reason, actor);
        later.add(agent, { force, untilForgotten: reason === "revoked", done });
      }
    }
    await verdicts.forget(agent, turn, reason, actor);
  }

  /**
   * Once more at once only when the Guid was refused and a newer one is known. An agent who is out already is out; a refused
   * Guid alone does not say so, as it may be a moment's refusal.
   */
  async #signOutAtGateway(first: AgentSession, force: boolean, turn: Turn): Promise<void> {
    const { gateway, credentials, gatewayTimeoutMs, clock } = this.#deps;
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    if (!turn.lasts()) throw new Problem("sign-in-in-progress");
    try {
      await gateway.signOut(credentials.caller(first), { force, deadline });
    } catch (error) {
      if (saysSignedOut(error)) return;
      if (!(error instanceof Refusal) || !endsSession(error)) throw error;
      const newer = await credentials.newerThan(first, Math.min(1_000, deadline - clock.monotonic()));
      if (newer === "gone") return;
      if (newer === "none") throw error;
      if (!turn.lasts()) throw new Problem("sign-in-in-progress");
      await gateway.signOut(credentials.caller(newer), { force, deadline }).catch((again: unknown) => {
        if (!saysSignedOut(again)) throw again;
      });
    }
  }
}

const saysSignedOut = (error: unknown): boolean => error instanceof Refusal && error.effect === "signed-out";
