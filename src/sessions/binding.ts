import type { AgentId, Gateway, Guid, Renewal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { isBoundTo, placeOf, sameSubject } from "./belonging.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import { askAboutGuid } from "./guid-question.ts";
import type { Leaving } from "./leaving.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Actor, SessionLog } from "./log.ts";
import {
  type AgentSession,
  type AppSession,
  type KeepAlive,
  type NewAgentSession,
  type NewAppSession,
  type SessionKey,
  type Subject,
  sameBinding,
} from "./model.ts";
import { insistOnRecord, rebind } from "./rebinding.ts";
import { hasRotated, replacedBy, wasReplaced } from "./replaced-guids.ts";
import type { SignInLeases, Turn } from "./sign-in-lease.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import type { Revocations, SessionStore } from "./stores/port.ts";

export interface BindInput {
  readonly agentId: AgentId;
  readonly guid: Guid;
  /** Null: any subject of the issuer may use the session. */
  readonly subject: Subject | null;
  /** The gateway's cookies as a `Cookie` header; left out: those of the same sign-in stay, another one begins without. */
  readonly cookie?: string | undefined;
  readonly keepAlive: KeepAlive;
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
  readonly keepAlive: (agentId: AgentId) => Promise<void>;
}

/** Binds sessions whose agent was signed in elsewhere, on a trusted backend's word. */
export class Binding {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Joins the agent session if there is one. The Guid that is stored, or that a backend brought last and that has rotated
   * here since, changes nothing; any other is asked about first, and is then a new sign-in of a managed agent, or a newer
   * version of an external one's Guid. `created` is false when the session replaced one of the same name.
   *
   * @throws `guid-refused` where the gateway does not take the Guid, or another sign-in or `PUT` has replaced it; whatever
   *   is thrown, nothing of what lived before has been touched
   */
  async bind(key: SessionKey, input: BindInput, actor: Actor): Promise<{ session: AppSession; created: boolean }> {
    const { store, leases, leaving, log, gatewayTimeoutMs, keepAlive } = this.#deps;
    const { agentId, subject } = input;
    const revocations = await store.revocations(key, subject);
    const { session, before } = await leases.during(agentId, gatewayTimeoutMs, (turn) =>
      this.#bindInTurn(key, input, revocations, turn),
    );
    log.sessionBound(session, actor);
    // Streams of who had this name before end. Bound anew to the same agent and subject, it is the same session.
    if (before !== null && !sameBinding(before, session)) {
      await store.publish(before.agentId, sessionEnded(before, "replaced"));
    }
    await store.publish(agentId, { type: "agent-changed" });
    if (before !== null && before.agentId !== agentId) await leaving.sweep(before.agentId).catch(() => undefined);
    await keepAlive(agentId);
    return { session, created: before === null };
  }

  async #bindInTurn(
    { issuer, sessionId }: SessionKey,
    input: BindInput,
    revocations: Revocations,
    turn: Turn,
  ): Promise<{ session: AppSession; before: AppSession | null }> {
    const { store, credentials, leaving, lifetime, clock, chance } = this.#deps;
    const { agentId, subject } = input;
    const [found, sessions] = await Promise.all([
      credentials.newest(agentId, { fresh: true }),
      store.sessionsOfAgent(agentId),
    ]);
    const staying = sessions.find(
      (one) =>
        found !== null && sameSubject(one, { issuer, subject }) && isBoundTo(one, found) && lifetime.over(one) === null,
    );
    const confirmed = await this.#confirmed(found, input);
    // The gateway may have taken its time.
    if (confirmed !== null && !(await turn.isHeld())) throw new Problem("sign-in-in-progress");
    const agent = await this.#writeAgent(input, found, confirmed, staying === undefined);
    const now = clock.wall();
    const session: NewAppSession = {
      issuer,
      sessionId,
      subject,
      agentId,
      boundBy: "backend",
      ...placeOf(agent, staying),
      bindingId: chance.id(),
      createdAt: now,
      lastUsedAt: now,
    };
    const rebound = await rebind(store, session, revocations);
    if (rebound !== "revoked") {
      await insistOnRecord(store, agent);
      return rebound;
    }
    await leaving.sweepInTurn(agentId, turn).catch(() => undefined);
    throw new Problem("sign-in-in-progress", { detail: "The session was revoked meanwhile. Nothing was bound." });
  }

  /** The credential as the gateway has confirmed it, or null where the Guid is the agent's own and needs no question. */
  async #confirmed(found: AgentSession | null, input: BindInput): Promise<Renewal | null> {
    const { agentId, guid, keepAlive } = input;
    const { gateway, clock, gatewayTimeoutMs } = this.#deps;
    if (found !== null && isOwn(found, guid)) return null;
    if (found !== null && wasReplaced(found, guid)) throw new Problem("guid-refused");
    // A balancer's cookie leads to the node of its sign-in, which knows nothing of another one.
    const cookies = input.cookie ?? (isSameSignIn(found, keepAlive) ? found.cookies : "");
    return askAboutGuid(gateway, { agentId, guid, cookies }, clock.monotonic() + gatewayTimeoutMs);
  }

  async #writeAgent(
    input: BindInput,
    found: AgentSession | null,
    confirmed: Renewal | null,
    comesIn: boolean,
  ): Promise<AgentSession> {
    const { agent } = await this.#deps.credentials.change(input.agentId, (current) => {
      if (current !== null && (isOwn(current, input.guid) || isEarlier(current, input.guid)))
        return joined(current, input, comesIn);
      // Only what the agent's own polls do happens without the lease: they end no sign-in, and begin none.
      const isOvertaken = current?.signInId !== found?.signInId;
      if (confirmed === null || isOvertaken) throw new Problem("sign-in-in-progress");
      return this.#renewed(current, input, confirmed);
    });
    if (agent === null) throw new Problem("internal-error");
    return agent;
  }

  #renewed(
    current: AgentSession | null,
    { agentId, guid: broughtGuid, keepAlive }: BindInput,
    { guid, cookies }: Renewal,
  ): NewAgentSession {
    const { clock, chance } = this.#deps;
    const continued = isSameSignIn(current, keepAlive) ? current : null;
    return {
      agentId,
      recordId: current?.recordId ?? chance.id(),
      epoch: (current?.epoch ?? 0) + 1,
      signInId: continued?.signInId ?? chance.id(),
      loginTime: null,
      guid,
      broughtGuid,
      replacedGuids: replacedBy(guid, current),
      guidVersion: (current?.guidVersion ?? 0) + 1,
      cookies,
      // The agent may have been moved to another VDN.
      vdnId: null,
      inspector: null,
      keepAlive,
      state: "active",
      stateSince: clock.wall(),
      // Another sign-in of the agent is in no conference that this one was in.
      ownConference: continued?.ownConference ?? null,
    };
  }
}

/** Whether another Guid is but a newer one of the same sign-in: the app's own, which it alone keeps alive. */
function isSameSignIn(agent: AgentSession | null, keepAlive: KeepAlive): agent is AgentSession {
  return agent?.keepAlive === "external" && keepAlive === "external";
}

/** Whether the Guid is the one that is stored, or that was brought last and has rotated here since: a backend knows no newer. */
function isOwn({ guid, broughtGuid, state }: AgentSession, brought: Guid): boolean {
  return state !== "expired" && (guid === brought || broughtGuid === brought);
}

/** Whether it is one of the present sign-in, only older: taken or not, it must not come back in the newest one's place. */
function isEarlier(agent: AgentSession, brought: Guid): boolean {
  return agent.state !== "expired" && hasRotated(agent, brought);
}

/** @returns null where nothing changes: the same Guid and cookies, of a subject that is in already */
function joined(current: AgentSession, { guid, cookie }: BindInput, comesIn: boolean): NewAgentSession | null {
  const cookies = current.guid === guid ? (cookie ?? current.cookies) : current.cookies;
  if (!comesIn && cookies === current.cookies) return null;
  return { ...current, cookies, epoch: current.epoch + (comesIn ? 1 : 0) };
}
