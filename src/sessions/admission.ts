import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { changeAgent } from "./agent-change.ts";
import { isBoundTo, placeOf, sameSubject } from "./belonging.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { GatewaySignIn, SignInInput, SignInRecord } from "./gateway-sign-in.ts";
import type { LaterSignOuts } from "./later-sign-outs.ts";
import type { Leaving } from "./leaving.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import { type AgentSession, type AppSession, type SessionKey, type Subject, sameKey } from "./model.ts";
import { insistOnRecord, rebind } from "./rebinding.ts";
import { replacedBy } from "./replaced-guids.ts";
import type { Turn } from "./sign-in-lease.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import type { Revocations, SessionStore } from "./stores/port.ts";
import type { WaitingClient } from "./waiting-client.ts";

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

/** What one sign-in carries with it. */
export interface Asked {
  readonly applicant: Applicant;
  readonly input: SignInInput;
  readonly actor: Actor;
  readonly revocations: Revocations;
  readonly client: WaitingClient<SignInResult>;
}

export interface AdmissionDeps {
  readonly store: SessionStore;
  readonly atGateway: GatewaySignIn;
  readonly credentials: Credentials;
  readonly later: LaterSignOuts;
  readonly leaving: Leaving;
  readonly lifetime: Lifetime;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Begins to poll the agent, on this instance if nobody else does. */
  readonly keepAlive: (agentId: AgentId) => Promise<void>;
}

/** Under an agent's sign-in lease: who is in already, who joins, whom the gateway lets in, and who has to go for that. */
export class Admission {
  readonly #deps: AdmissionDeps;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** What a sign-in comes to, and what bore the session's key before. */
  async admit(asked: Asked, turn: Turn): Promise<SignInResult & Replaced> {
    const { store, credentials, leaving, later, lifetime, log, atGateway, keepAlive } = this.#deps;
    const { applicant, input, actor, revocations, client } = asked;
    const { agentId } = input;
    const [mine, found, present] = await Promise.all([
      store.getSession(applicant, { fresh: true }),
      credentials.newest(agentId, { fresh: true }),
      store.sessionsOfAgent(agentId),
    ]);
    let agent = found;
    const living = mine !== null && lifetime.over(mine) === null ? mine : null;
    if (living !== null) {
      refuseOthers(living, applicant);
      if (agent !== null && isBoundTo(living, agent) && agent.state !== "expired" && !input.force) {
        return { session: living, agent, created: false, passwordDaysLeft: null, before: null };
      }
    }
    const isIn = (session: AppSession): boolean =>
      agent !== null && sameSubject(session, applicant) && isBoundTo(session, agent) && lifetime.over(session) === null;
    const colleague = present.find(isIn);
    if (applicant.issuer === "app" && agent !== null && agent.state !== "expired" && colleague && !input.force) {
      const bound = await this.#bind(applicant, agent, colleague, revocations);
      log.signedIn(agentId, actor, "joined");
      return { ...bound, agent, created: true, passwordDaysLeft: null };
    }

    // Sessions whose time is over, and that no sweep has found yet, must not keep their user out with a 409.
    if (agent !== null && present.every((session) => lifetime.over(session) !== null)) {
      await leaving.sweepInTurn(agentId, turn);
      agent = await credentials.newest(agentId, { fresh: true });
    }
    const signedIn = await turn.letPoll(() => client.waits(atGateway.signIn(input, turn)));
    later.drop(agentId);
    const record = await atGateway.recordOf(agentId, signedIn);
    let bound: { session: AppSession; agent: AgentSession } & Replaced;
    let written: AgentSession | null = null;
    try {
      // The answer may have taken its time, and others may have left meanwhile.
      if (!(await turn.isHeld())) throw new Overtaken();
      const sessions = await store.sessionsOfAgent(agentId);
      const staying = sessions.find(isIn);
      // First out, then the new Guid: at no moment does another subject's session reach this sign-in.
      await this.#pushOut(
        sessions.filter((session) => !isIn(session) && !sameKey(session, applicant)),
        actor,
      );
      if (staying === undefined) await store.forgetEvents(agentId);
      written = await this.#write(record, agent, staying !== undefined);
      bound = { ...(await this.#bind(applicant, written, staying, revocations)), agent: written };
    } catch (error) {
      // Nobody could use this sign-in: it is taken back rather than left to the gateway's two-minute rule.
      if (error instanceof Overtaken) void atGateway.takeBackInTurn(agentId, record);
      else if (written === null) await atGateway.takeBack(agentId, record, turn);
      else await leaving.sweepInTurn(agentId, turn).catch(() => atGateway.takeBack(agentId, record, turn));
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
  async #write(record: SignInRecord, found: AgentSession | null, somebodyStays: boolean): Promise<AgentSession> {
    const { store, chance } = this.#deps;
    const recordId = chance.id();
    const { agent, written } = await changeAgent(store, record.agentId, (earlier) => {
      // A machine that stood still knows neither that its lease was over, nor who has signed in since.
      if (earlier?.signInId !== found?.signInId) return null;
      const place =
        somebodyStays && earlier !== null
          ? { recordId: earlier.recordId, epoch: earlier.epoch + 1 }
          : { recordId, epoch: 1 };
      const guidVersion = (earlier?.guidVersion ?? 0) + 1;
      return { ...record, ...place, guidVersion, replacedGuids: replacedBy(record.guid, earlier) };
    });
    if (agent === null || !written) throw new Overtaken();
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
    await insistOnRecord(store, agent);
    return rebound;
  }

  async #pushOut(sessions: readonly AppSession[], actor: Actor): Promise<void> {
    const { store, log } = this.#deps;
    for (const session of sessions) {
      if ((await store.deleteSession(session)) === null) continue;
      log.sessionEnded(session, "forced-out", actor);
      await store.publish(session.agentId, sessionEnded(session, "forced-out"));
    }
  }
}

/** The lease was over before the gateway answered: whoever has it now must not meet this sign-in's end. */
class Overtaken extends Problem {
  constructor() {
    super("sign-in-in-progress");
  }
}

function refuseOthers({ subject }: AppSession, applicant: Applicant): void {
  if (subject !== null && subject !== applicant.subject) throw new Problem("session-not-found");
}
