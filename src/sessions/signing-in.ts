import {
  type AgentId,
  type Gateway,
  Refusal,
  type Renewal,
  type SignedIn,
  type SignInRequest,
} from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { changeAgent } from "./agent-change.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { Leaving } from "./leaving.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import type { AgentSession, AppSession, NewAgentSession, SessionKey, Subject } from "./model.ts";
import { rebind } from "./rebinding.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import type { Revocations, SessionStore } from "./stores/port.ts";

export interface SignInInput extends SignInRequest {
  readonly agentId: AgentId;
  readonly force: boolean;
}

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
  readonly gateway: Gateway;
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
    const { store, credentials, leaving, lifetime, log, keepAlive } = this.#deps;
    const { agentId } = input;
    const [mine, agent, sessions] = await Promise.all([
      store.getSession(applicant, { fresh: true }),
      credentials.newest(agentId, { fresh: true }),
      store.sessionsOfAgent(agentId),
    ]);
    const living = mine !== null && lifetime.over(mine) === null ? mine : null;
    if (living !== null) {
      refuseOthers(living, applicant);
      if (living.agentId === agentId && agent !== null && agent.state !== "expired" && !input.force) {
        return { session: living, agent, created: false, passwordDaysLeft: null, before: null };
      }
    }
    const proven = sessions.some((session) => isOf(session, applicant) && lifetime.over(session) === null);
    if (applicant.issuer === "app" && agent !== null && agent.state !== "expired" && proven && !input.force) {
      const bound = await this.#bind(applicant, agentId, revocations);
      log.signedIn(agentId, actor, "joined");
      return { ...bound, agent, created: true, passwordDaysLeft: null };
    }

    // Sessions whose time is over, and that no sweep has found yet, must not keep their user out with a 409.
    if (agent !== null && sessions.every((session) => lifetime.over(session) !== null)) {
      await leaving.sweepInTurn(agentId);
    }
    const signedIn = await this.#signInAtGateway(input);
    leaving.dropLaterSignOut(agentId);
    const record = await this.#recordOf(agentId, signedIn);
    let bound: { session: AppSession; agent: AgentSession } & Replaced;
    let written: AgentSession | null = null;
    try {
      // First out, then the new Guid: at no moment does another subject's session reach this sign-in.
      const others = sessions.filter((session) => !isOf(session, applicant));
      await this.#pushOut(others, actor);
      if (others.length > 0) await store.forgetEvents(agentId);
      written = await this.#write(record);
      bound = { ...(await this.#bind(applicant, agentId, revocations)), agent: written };
    } catch (error) {
      // Nobody could use this sign-in: it is taken back rather than left to the gateway's two-minute rule.
      if (written === null) await this.#takeBack(agentId, signedIn);
      else await leaving.sweepInTurn(agentId).catch(() => this.#takeBack(agentId, signedIn));
      throw error;
    }
    log.signedIn(agentId, actor, input.force ? "forced" : "signed-in");
    await store.publish(agentId, { type: "agent-changed" }).catch(() => undefined);
    await keepAlive(agentId);
    return { ...bound, created: living?.agentId !== agentId, passwordDaysLeft: signedIn.passwordDaysLeft };
  }

  async #signInAtGateway({ agentId, force, password, phoneNumber }: SignInInput): Promise<SignedIn> {
    const { gateway, gatewayTimeoutMs, clock } = this.#deps;
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    let given: Renewal | undefined;
    const renewed = (renewal: Renewal): void => {
      given = renewal;
    };
    try {
      const signedIn = await gateway.signIn(agentId, { password, phoneNumber }, { force, deadline, renewed });
      if (signedIn.mustChangePassword) throw new Problem("password-expired");
      return signedIn;
    } catch (error) {
      // Signed in, with an answer that cannot be used or may not be: nobody else could end it.
      if (given !== undefined && !(error instanceof Refusal)) await this.#takeBack(agentId, given);
      throw error;
    }
  }

  async #takeBack(agentId: AgentId, { guid, cookies }: Renewal): Promise<void> {
    const { gateway, gatewayTimeoutMs, log, clock } = this.#deps;
    const caller = { agentId, guid, cookies, renewed: () => Promise.resolve() };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    await gateway
      .signOut(caller, { force: false, deadline })
      .catch((error: unknown) => log.signOutFailed(agentId, error));
  }

  async #recordOf(agentId: AgentId, signedIn: SignedIn): Promise<NewAgentSession> {
    const { gateway, gatewayTimeoutMs, clock, chance } = this.#deps;
    let { guid, cookies } = signedIn;
    const renewed = async (renewal: { guid: typeof guid; cookies: string }) => {
      ({ guid, cookies } = renewal);
    };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    // A site without the interface, or one that fails now, tells with the first conference query.
    const inspector = await gateway.isInspector({ agentId, guid, cookies, renewed }, { deadline }).catch(() => null);
    return {
      agentId,
      signInId: chance.id(),
      guid,
      broughtGuid: null,
      guidVersion: 1,
      cookies,
      vdnId: signedIn.vdnId,
      inspector,
      keepAlive: "managed",
      state: "active",
      stateSince: clock.wall(),
    };
  }

  /** Over the record of an earlier sign-in, if there is one, with a Guid version above it. */
  async #write(record: NewAgentSession): Promise<AgentSession> {
    const { agent } = await changeAgent(this.#deps.store, record.agentId, (earlier) => ({
      ...record,
      guidVersion: (earlier?.guidVersion ?? 0) + 1,
    }));
    if (agent === null) throw new Problem("internal-error");
    return agent;
  }

  /** @throws `session-not-found` when the applicant has been revoked since it began. */
  async #bind(
    applicant: Applicant,
    agentId: AgentId,
    revocations: Revocations,
  ): Promise<{ readonly session: AppSession } & Replaced> {
    const { store, clock, chance, lifetime } = this.#deps;
    const { issuer, sessionId, subject } = applicant;
    const now = clock.wall();
    const session = {
      issuer,
      sessionId,
      subject,
      agentId,
      boundBy: "sign-in",
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
      await store.publish(session.agentId, { type: "session-ended", key: session, reason: "forced-out" });
    }
  }

  /** The session named another agent before: that agent has one device less, and its streams end. */
  async #leaveFormerAgent(before: AppSession): Promise<void> {
    const { store, leaving } = this.#deps;
    const ended = { type: "session-ended", key: before, reason: "replaced" } as const;
    await store.publish(before.agentId, ended).catch(() => undefined);
    await leaving.sweep(before.agentId).catch(() => undefined);
  }
}

function refuseOthers({ subject }: AppSession, applicant: Applicant): void {
  if (subject !== null && subject !== applicant.subject) throw new Problem("session-not-found");
}

function isOf(session: AppSession, applicant: Applicant): boolean {
  return session.issuer === applicant.issuer && session.subject === applicant.subject;
}
