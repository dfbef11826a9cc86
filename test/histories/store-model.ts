import type { AgentId } from "../../src/gateway/identifiers.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../../src/sessions/model.ts";
import type { AgentEvent, AgentMessage, EventBounds } from "../../src/sessions/stores/agent-messages.ts";
import {
  type AgentAndHolder,
  type BindConditions,
  type BindOutcome,
  REVOKED_MS,
  type Revocations,
  type SessionPage,
  type SessionQuery,
  type SessionsThatCount,
  type Unreadable,
} from "../../src/sessions/stores/port.ts";
import type { Journal } from "./journal.ts";
import { ModelEvents } from "./model-events.ts";
import { ModelLeases, type Timed } from "./model-leases.ts";
import { Seals } from "./seals.ts";

/** Whoever wants to know what is really stored. */
export interface StoreWatch {
  bound(session: AppSession, before: AppSession | null): void;
  deleted(session: AppSession): void;
  agentWritten(agent: AgentSession, before: AgentSession | null): void;
  agentDeleted(agent: AgentSession): void;
}

interface Deps {
  /** The store's clock for what lasts a while, in ms. */
  readonly now: () => number;
  /** The same, in epoch milliseconds. */
  readonly wall: () => number;
  readonly journal: Journal;
  readonly eventsKept: number;
  readonly eventBounds?: EventBounds | undefined;
  readonly watch?: StoreWatch | undefined;
  /** Hands a message to whoever listens, whenever that is. */
  readonly publish: (agentId: AgentId, message: AgentMessage) => void;
}

export const sessionName = ({ issuer, sessionId }: SessionKey): string => `${issuer} ${sessionId}`;
const sessionMark = (key: SessionKey): string => `session ${sessionName(key)}`;
const subjectMark = (issuer: Issuer, subject: Subject): string => `subject ${issuer} ${subject}`;

/** What the stores' port promises, carried out at once and in one place: what a store does when its command arrives. */
export class StoreModel {
  readonly journal: Journal;
  readonly seals = new Seals();
  readonly sessions = new Map<string, AppSession>();
  readonly agents = new Map<AgentId, AgentSession>();
  readonly leases: ModelLeases;
  readonly events: ModelEvents;
  readonly #marks = new Map<string, Timed<string>>();
  readonly #deps: Deps;
  #made = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.journal = deps.journal;
    this.leases = new ModelLeases(deps.journal, deps.now);
    this.events = new ModelEvents({ ...deps, seals: this.seals, most: deps.eventsKept, bounds: deps.eventBounds });
  }

  /** @throws `session-store-unavailable`, as whatever reads here, where it is sealed with a key that is missing */
  getSession(key: SessionKey): AppSession | null {
    const stored = this.sessions.get(sessionName(key));
    return stored === undefined ? null : this.seals.opened(stored);
  }

  bindSession(session: AppSession, { over, revocations }: BindConditions): BindOutcome {
    const now = this.revocations(session, session.subject);
    const revoked = (["session", "subject"] as const).some((of) => now[of] !== null && now[of] !== revocations[of]);
    if (revoked) return "revoked";
    const before = this.getSession(session);
    if ((before?.bindingId ?? null) !== (over?.bindingId ?? null)) return "moved";
    this.journal.set(this.sessions, sessionName(session), this.seals.seal({ ...session }));
    this.#deps.watch?.bound(session, before);
    return "bound";
  }

  touchSession(binding: SessionBinding, lastUsedAt: number): boolean {
    const stored = this.getSession(binding);
    if (stored?.bindingId !== binding.bindingId) return false;
    this.journal.set(this.sessions, sessionName(stored), this.seals.seal({ ...stored, lastUsedAt }, stored));
    return true;
  }

  deleteSession(binding: SessionBinding, ifLastUsedAt: number): AppSession | null {
    const stored = this.getSession(binding);
    if (stored?.bindingId !== binding.bindingId || stored.lastUsedAt > ifLastUsedAt) return null;
    return this.#drop(stored);
  }

  revocations(key: SessionKey, subject: Subject | null): Revocations {
    return {
      session: this.#living(this.#marks, sessionMark(key)),
      subject: subject === null ? null : this.#living(this.#marks, subjectMark(key.issuer, subject)),
    };
  }

  revokeSession(key: SessionKey): AppSession | null {
    this.#mark(sessionMark(key));
    const stored = this.sessions.get(sessionName(key));
    return stored === undefined ? null : this.#drop(stored);
  }

  revokeSubject(issuer: Issuer, subject: Subject): AppSession[] {
    this.#mark(subjectMark(issuer, subject));
    const theirs = [...this.sessions.values()].filter((one) => one.issuer === issuer && one.subject === subject);
    return theirs.flatMap((session) => this.#drop(session) ?? []);
  }

  sessionsOfAgent(agentId: AgentId): AppSession[] {
    return this.#allOf(agentId).map((session) => this.seals.opened(session));
  }

  hasSessions(agentId: AgentId, { counts }: SessionsThatCount): boolean {
    return this.#allOf(agentId).some((session) => !this.seals.opens(session) || counts(session));
  }

  listSessions({ issuer, subject, agentId, after, limit }: SessionQuery): SessionPage {
    const found = [...this.sessions]
      .filter(([, one]) => this.seals.opens(one))
      .filter(([name]) => after === undefined || name > after)
      .filter(([, one]) => issuer === undefined || one.issuer === issuer)
      .filter(([, one]) => subject === undefined || one.subject === subject)
      .filter(([, one]) => agentId === undefined || one.agentId === agentId)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = found.slice(0, limit);
    return {
      sessions: page.map(([, session]) => session),
      next: found.length > limit ? (page.at(-1)?.[0] ?? null) : null,
    };
  }

  getAgent(agentId: AgentId): AgentSession | null {
    const stored = this.agents.get(agentId);
    return stored === undefined ? null : this.seals.opened(stored);
  }

  getAgents(agentIds: readonly AgentId[]): Map<AgentId, AgentSession | Unreadable> {
    const found = new Map<AgentId, AgentSession | Unreadable>();
    for (const agentId of agentIds) {
      const agent = this.agents.get(agentId);
      if (agent !== undefined) found.set(agentId, this.seals.opens(agent) ? agent : "key-missing");
    }
    return found;
  }

  getAgentAndHolder(agentId: AgentId): AgentAndHolder {
    return { agent: this.getAgent(agentId), holder: this.leases.holder({ kind: "poll", agentId }) };
  }

  createAgent(agent: NewAgentSession): AgentSession | null {
    return this.getAgent(agent.agentId) === null ? this.#write(agent, null) : null;
  }

  updateAgent(agent: AgentSession): AgentSession | null {
    // Only the revision is compared, which stands beside the sealed text.
    const before = this.agents.get(agent.agentId);
    return before?.revision === agent.revision ? this.#write(agent, before) : null;
  }

  deleteAgent(agentId: AgentId, signInId: string): boolean {
    const stored = this.agents.get(agentId);
    if (stored?.signInId !== signInId) return false;
    this.journal.delete(this.agents, agentId);
    this.events.forget(agentId);
    this.#deps.watch?.agentDeleted(stored);
    return true;
  }

  agentIds(): AgentId[] {
    return [...this.agents.keys()];
  }

  publish(agentId: AgentId, message: AgentMessage): void {
    this.#deps.publish(agentId, message);
  }

  appendEvent(agentId: AgentId, event: AgentEvent): string {
    const stored = this.events.append(agentId, event);
    this.#deps.publish(agentId, { type: "event", event: stored });
    return stored.id;
  }

  time(): number {
    return Math.round(this.#deps.wall());
  }

  /** Whoever starts with a new key first brings under it what it can open. Answers with how much that is. */
  sealAnew(): number {
    const newest = this.seals.keys?.[0];
    if (newest === undefined) return 0;
    let count = 0;
    const anew = <Key, T extends object>(map: Map<Key, T>): void => {
      for (const [key, record] of map) {
        if (!this.seals.opens(record) || this.seals.isUnder(record, newest)) continue;
        this.journal.set(map, key, Object.freeze(this.seals.seal({ ...record })));
        count += 1;
      }
    };
    anew(this.sessions);
    anew(this.agents);
    return count;
  }

  /** Whether any record is sealed with the key. */
  needs(key: string): boolean {
    return [...this.sessions.values(), ...this.agents.values()].some((record) => this.seals.isUnder(record, key));
  }

  /** What a store that is one process keeps in memory alone goes with the process. */
  forgetWhatIsInMemory(): void {
    this.leases.clear();
    this.events.clear();
    this.#marks.clear();
  }

  #write(agent: NewAgentSession, before: AgentSession | null): AgentSession {
    this.#made += 1;
    const written: AgentSession = Object.freeze(this.seals.seal({ ...agent, revision: `revision-${this.#made}` }));
    this.journal.set(this.agents, agent.agentId, written);
    this.#deps.watch?.agentWritten(written, before);
    return written;
  }

  /** Answers with nothing where it cannot be read: it is gone all the same. */
  #drop(session: AppSession): AppSession | null {
    this.journal.delete(this.sessions, sessionName(session));
    this.#deps.watch?.deleted(session);
    return this.seals.opens(session) ? session : null;
  }

  #allOf(agentId: AgentId): AppSession[] {
    const theirs: AppSession[] = [];
    for (const session of this.sessions.values()) if (session.agentId === agentId) theirs.push(session);
    return theirs;
  }

  #mark(name: string): void {
    this.#made += 1;
    this.journal.set(this.#marks, name, { value: `mark-${this.#made}`, until: this.#deps.now() + REVOKED_MS });
  }

  #living<T>(map: ReadonlyMap<string, Timed<T>>, name: string): T | null {
    const found = map.get(name);
    return found !== undefined && found.until > this.#deps.now() ? found.value : null;
  }
}
