import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { changeAgent } from "./agent-change.ts";
import { isBoundTo, placeOf, sameSubject } from "./belonging.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { GatewaySignIn, SignInInput, SignInRecord } from "./gateway-sign-in.ts";
import type { Leaving } from "./leaving.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import type { AgentSession, AppSession, SessionKey, Subject } from "./model.ts";
import { rebind } from "./rebinding.ts";
import { replacedBy } from "./replaced-guids.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import { type Revocations, type SessionStore, sessionEnded } from "./stores/port.ts";

/** Who signs in: the session that the token names, and its subject. */
export interface Applicant extends SessionKey {
  readonly subject: Subject;
}

export interface SignInResult {
  readonly session: AppSession;
  readonly agent: AgentSession;
  /** False when the session was there already. */
  readonly created: boolean;
  readonly passwordDaysLeft: number | null;
}

/** What bore the session's key before, when this sign-in has replaced it. */
interface Replaced {
  readonly before: AppSession | null;
}

interface Deps {
  readonly store: SessionStore;
  readonly atGateway: GatewaySignIn;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly leaving: Leaving;
  readonly lifetime: Lifetime;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly gatewayTimeoutMs: number;
  /** Begins to poll the agent, on this instance if nobody else does. */
  readonly keepAlive: (agentId: AgentId) => Promise<void>;
}

/** Signs agents in at the gateway and binds app sessions to them. */
export class SigningIn {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * The same call again for a session that lives answers with it. A subject proven by an outside issuer joins its own
   * agent's session; anybody else has to convince the gateway, and with success pushes the other subjects out.
   *
   * @throws what the gateway refuses, changing nothing for those who are in; `password-expired` when it would only let
   *   the agent change the password; `session-not-found` when the session is another subject's.
   */
  async signIn(applicant: Applicant, input: SignInInput, actor: Actor): Promise<SignInResult> {
    const { leases, log, gatewayTimeoutMs, store } = this.#deps;
    const revocations = await store.revocations(applicant, applicant.subject);
    const { before, ...result } = await leases
      .during(input.agentId, gatewayTimeoutMs, () => this.#signInInTurn(applicant, input, revocations, actor))
      .catch((error: unknown) => {
        if (error instanceof Problem) log.signInRefused(input.agentId, actor, error);
        throw error;
      });
    if (before !== null && before.agentId !== input.agentId) await this.#leaveFormerAgent(before);
    return result;
  }

  async #signInInTurn(
    applicant: Applicant,
    input: SignInInput,
    revocations: Revocations,
    actor: Actor,
  ): Promise<SignInResult & Replaced> {
    const { store, credentials, leaving, lifetime, log, atGateway, keepAlive } = this.#deps;
    const { agentId } = input;
    const [mine, agent, sessions] = await Promise.all([
      store.getSession(applicant, { fresh: true }),
      credentials.newest(agentId, { fresh: true }),
      store.sessionsOfAgent(agentId),
    ]);
    const living = mine !== null && lifetime.over(mine) === null ? mine : null;
    if (living !== null) {
      refuseOthers(living, applicant);
      if (agent !== null && isBoundTo(living, agent) && agent.state !== "expired" && !input.force) {
        return { session: living, agent, created: false, passwordDaysLeft: null, before: null };
      }
    }
    const isIn = (session: AppSession): boolean =>
      agent !== null && sameSubject(session, applicant) && isBoundTo(session, agent) && lifetime.over(session) === null;
    const staying = sessions.find(isIn);
    if (applicant.issuer === "app" && agent !== null && agent.state !== "expired" && staying && !input.force) {
      const bound = await this.#bind(applicant, agent, staying, revocations);
      log.signedIn(agentId, actor, "joined");
      return { ...bound, agent, created: true, passwordDaysLeft: null };
    }

    // Sessions whose time is over, and that no sweep has found yet, must not keep their user out with a 409.
    if (agent !== null && sessions.every((session) => lifetime.over(session) !== null)) {
      await leaving.sweepInTurn(agentId);
    }
    const signedIn = await atGateway.signIn(input);
    leaving.dropLaterSignOut(agentId);
    const record = await atGateway.recordOf(agentId, signedIn);
    let bound: { session: AppSession; agent: AgentSession } & Replaced;
    let written: AgentSession | null = null;
    try {
      // First out, then the new Guid: at no moment does another subject's session reach this sign-in.
      await this.#pushOut(
        sessions.filter((session) => !isIn(session) && !sameKey(session, applicant)),
        actor,
      );
      if (staying === undefined) await store.forgetEvents(agentId);
      written = await this.#write(record, staying !== undefined);
      bound = { ...(await this.#bind(applicant, written, staying, revocations)), agent: written };
    } catch (error) {
      // Nobody could use this sign-in: it is taken back rather than left to the gateway's two-minute rule.
      if (written === null) await atGateway.takeBack(agentId, signedIn);
      else await leaving.sweepInTurn(agentId).catch(() => atGateway.takeBack(agentId, signedIn));
      throw error;
    }
    log.signedIn(agentId, actor, input.force ? "forced" : "signed-in");
    await store.publish(agentId, { type: "agent-changed" }).catch(() => undefined);
    await keepAlive(agentId);
    return { ...bound, created: living?.agentId !== agentId, passwordDaysLeft: signedIn.passwordDaysLeft };
  }

  /**
   * Over the record of an earlier sign-in, if there is one, with a Guid version above it. Where nobody of before stays, it
   * is a record of its own, with which no session of before has to do any more, also one that nobody knew of.
   */
  async #write(record: SignInRecord, somebodyStays: boolean): Promise<AgentSession> {
    const { store, chance } = this.#deps;
    const recordId = chance.id();
    const { agent } = await changeAgent(store, record.agentId, (earlier) => ({
      ...record,
      ...(somebodyStays && earlier !== null
        ? { recordId: earlier.recordId, epoch: earlier.epoch + 1 }
        : { recordId, epoch: 1 }),
      guidVersion: (earlier?.guidVersion ?? 0) + 1,
      replacedGuids: replacedBy(record.guid, earlier),
    }));
    if (agent === null) throw new Problem("internal-error");
    return agent;
  }

  /** @throws `session-not-found` when the applicant has been revoked since it began. */
  async #bind(
    applicant: Applicant,
    agent: AgentSession,
    staying: AppSession | undefined,
    revocations: Revocations,
  ): Promise<{ readonly session: AppSession } & Replaced> {
    const { store, clock, chance, lifetime } = this.#deps;
    const { issuer, sessionId, subject } = applicant;
    const now = clock.wall();
    const session = {
      issuer,
      sessionId,
      subject,
      agentId: agent.agentId,
      boundBy: "sign-in",
      ...placeOf(agent, staying),
      bindingId: chance.id(),
      createdAt: now,
      lastUsedAt: now,
    } as const;
    const rebound = await rebind(store, session, revocations, (before) => {
      if (lifetime.over(before) === null) refuseOthers(before, applicant);
    });
    if (rebound === "revoked") throw new Problem("session-not-found");
    return { session, before: rebound.before };
  }

  async #pushOut(sessions: readonly AppSession[], actor: Actor): Promise<void> {
    const { store, log } = this.#deps;
    for (const session of sessions) {
      if ((await store.deleteSession(session)) === null) continue;
      log.sessionEnded(session, "forced-out", actor);
      await store.publish(session.agentId, sessionEnded(session, "forced-out"));
    }
  }

  /** The session named another agent before: that agent has one device less, and its streams end. */
  async #leaveFormerAgent(before: AppSession): Promise<void> {
    const { store, leaving } = this.#deps;
    await store.publish(before.agentId, sessionEnded(before, "replaced")).catch(() => undefined);
    await leaving.sweep(before.agentId).catch(() => undefined);
  }
}

function sameKey(one: SessionKey, other: SessionKey): boolean {
  return one.issuer === other.issuer && one.sessionId === other.sessionId;
}

function refuseOthers({ subject }: AppSession, applicant: Applicant): void {
  if (subject !== null && subject !== applicant.subject) throw new Problem("session-not-found");
}
