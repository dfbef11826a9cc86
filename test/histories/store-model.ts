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
import { missedSince } from "../../src/sessions/stores/event-replay.ts";
import {
  type AgentAndHolder,
  type AgentEvent,
  type AgentMessage,
  type BindConditions,
  type BindOutcome,
  type InstanceReport,
  type Lease,
  type LeaseRequest,
  REVOKED_MS,
  type Revocations,
  type SessionPage,
  type SessionQuery,
  type SessionsThatCount,
  type StoredEvent,
} from "../../src/sessions/stores/port.ts";
import { BEGIN } from "./host.ts";
import { Journal } from "./journal.ts";

interface Timed<T> {
  readonly value: T;
  /** By the store's own clock, in ms. */
  readonly until: number;
}

interface Report extends Omit<InstanceReport, "answeredAgoMs"> {
  readonly answeredAt: number | null;
}

/** Whoever wants to know what is really stored. */
export interface StoreWatch {
  bound(session: AppSession, before: AppSession | null): void;
  deleted(session: AppSession): void;
  agentWritten(agent: AgentSession, before: AgentSession | null): void;
  agentDeleted(agent: AgentSession): void;
}

interface Deps {
  /** The store's clock, in ms. */
  readonly now: () => number;
  readonly eventsKept: number;
  readonly watch?: StoreWatch;
  /** Hands a message to whoever listens, whenever that is. */
  readonly publish: (agentId: AgentId, message: AgentMessage) => void;
}

export const sessionName = ({ issuer, sessionId }: SessionKey): string => `${issuer} ${sessionId}`;
const leaseName = ({ kind, agentId }: Lease): string => `${kind} ${agentId}`;
const sessionMark = (key: SessionKey): string => `session ${sessionName(key)}`;
const subjectMark = (issuer: Issuer, subject: Subject): string => `subject ${issuer} ${subject}`;

/** What the stores' port promises, carried out at once and in one place: what a store does when its command arrives. */
export class StoreModel {
  readonly journal: Journal;
  readonly sessions = new Map<string, AppSession>();
  readonly agents = new Map<AgentId, AgentSession>();
  readonly #leases = new Map<string, Timed<string>>();
  readonly #reports = new Map<string, Timed<Report>>();
  readonly #marks = new Map<string, Timed<string>>();
  readonly #events = new Map<AgentId, readonly StoredEvent[]>();
  readonly #deps: Deps;
  #made = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.journal = new Journal(deps.now);
  }

  getSession(key: SessionKey): AppSession | null {
    return this.sessions.get(sessionName(key)) ?? null;
  }

  bindSession(session: AppSession, { over, revocations }: BindConditions): BindOutcome {
    const now = this.revocations(session, session.subject);
    const revoked = (["session", "subject"] as const).some((of) => now[of] !== null && now[of] !== revocations[of]);
    if (revoked) return "revoked";
    const before = this.getSession(session);
    if ((before?.bindingId ?? null) !== (over?.bindingId ?? null)) return "moved";
    this.journal.set(this.sessions, sessionName(session), session);
    this.#deps.watch?.bound(session, before);
    return "bound";
  }

  touchSession(binding: SessionBinding, lastUsedAt: number): boolean {
    const stored = this.getSession(binding);
    if (stored?.bindingId !== binding.bindingId) return false;
    this.journal.set(this.sessions, sessionName(stored), { ...stored, lastUsedAt });
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
    const stored = this.getSession(key);
    return stored === null ? null : this.#drop(stored);
  }

  revokeSubject(issuer: Issuer, subject: Subject): AppSession[] {
    this.#mark(subjectMark(issuer, subject));
    const theirs = [...this.sessions.values()].filter((one) => one.issuer === issuer && one.subject === subject);
    return theirs.map((session) => this.#drop(session));
  }

  sessionsOfAgent(agentId: AgentId): AppSession[] {
    const theirs: AppSession[] = [];
    for (const session of this.sessions.values()) if (session.agentId === agentId) theirs.push(session);
    return theirs;
  }

  hasSessions(agentId: AgentId, { counts }: SessionsThatCount): boolean {
    return this.sessionsOfAgent(agentId).some(counts);
  }

  listSessions({ issuer, subject, agentId, after, limit }: SessionQuery): SessionPage {
    const found = [...this.sessions]
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
    return this.agents.get(agentId) ?? null;
  }

  getAgents(agentIds: readonly AgentId[]): Map<AgentId, AgentSession> {
    const found = new Map<AgentId, AgentSession>();
    for (const agentId of agentIds) {
      const agent = this.agents.get(agentId);
      if (agent !== undefined) found.set(agentId, agent);
    }
    return found;
  }

  getAgentAndHolder(agentId: AgentId): AgentAndHolder {
    return { agent: this.getAgent(agentId), holder: this.holder({ kind: "poll", agentId }) };
  }

  createAgent(agent: NewAgentSession): AgentSession | null {
    return this.agents.has(agent.agentId) ? null : this.#write(agent, null);
  }

  updateAgent(agent: AgentSession): AgentSession | null {
    const before = this.getAgent(agent.agentId);
    return before?.revision === agent.revision ? this.#write(agent, before) : null;
  }

  deleteAgent(agentId: AgentId, signInId: string): boolean {
    const stored = this.getAgent(agentId);
    if (stored?.signInId !== signInId) return false;
    this.journal.delete(this.agents, agentId);
    this.journal.delete(this.#events, agentId);
    this.#deps.watch?.agentDeleted(stored);
    return true;
  }

  agentIds(): AgentId[] {
    return [...this.agents.keys()];
  }

  holder(lease: Lease): string | null {
    return this.#living(this.#leases, leaseName(lease));
  }

  acquireLease(lease: Lease, owner: string, ttlMs: number): boolean {
    const holder = this.holder(lease);
    if (holder !== null && holder !== owner) return false;
    this.journal.set(this.#leases, leaseName(lease), { value: owner, until: this.#deps.now() + ttlMs });
    return true;
  }

  /** @param extendsOnly a store that is full takes no new one */
  acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number, extendsOnly: boolean) {
    return asked.map(({ agentId, owner }): boolean | null => {
      const lease = { kind, agentId };
      if (extendsOnly && this.holder(lease) === null) return null;
      return this.acquireLease(lease, owner, ttlMs);
    });
  }

  releaseLease(lease: Lease, owner: string): void {
    if (this.holder(lease) === owner) this.journal.delete(this.#leases, leaseName(lease));
  }

  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): AgentId[] {
    return agentIds.filter((agentId) => this.holder({ kind, agentId }) === null);
  }

  announceInstance({ answeredAgoMs, ...report }: InstanceReport, ttlMs: number): InstanceReport[] {
    const now = this.#deps.now();
    const answeredAt = answeredAgoMs === null ? null : now - answeredAgoMs;
    this.journal.set(this.#reports, report.owner, { value: { ...report, answeredAt }, until: now + ttlMs });
    return this.instances();
  }

  instances(): InstanceReport[] {
    const now = this.#deps.now();
    return [...this.#reports.values()]
      .filter(({ until }) => until > now)
      .map(({ value: { answeredAt, ...report } }) => ({
        ...report,
        answeredAgoMs: answeredAt === null ? null : now - answeredAt,
      }));
  }

  publish(agentId: AgentId, message: AgentMessage): void {
    this.#deps.publish(agentId, message);
  }

  appendEvent(agentId: AgentId, event: AgentEvent): string {
    this.#made += 1;
    const stored: StoredEvent = { ...event, id: `${Math.floor(this.#deps.now())}-${this.#made}` };
    const kept = [...(this.#events.get(agentId) ?? []), stored].slice(-this.#deps.eventsKept);
    this.journal.set(this.#events, agentId, kept);
    this.#deps.publish(agentId, { type: "event", event: stored });
    return stored.id;
  }

  eventsAfter(agentId: AgentId, afterId: string): StoredEvent[] {
    return missedSince(this.#events.get(agentId) ?? [], afterId);
  }

  forgetEvents(agentId: AgentId): void {
    this.journal.delete(this.#events, agentId);
  }

  time(): number {
    return BEGIN + Math.round(this.#deps.now());
  }

  /** What a store that is one process keeps in memory alone goes with the process. */
  forgetWhatIsInMemory(): void {
    for (const map of [this.#leases, this.#reports, this.#marks, this.#events]) map.clear();
  }

  #write(agent: NewAgentSession, before: AgentSession | null): AgentSession {
    this.#made += 1;
    const written: AgentSession = Object.freeze({ ...agent, revision: `revision-${this.#made}` });
    this.journal.set(this.agents, agent.agentId, written);
    this.#deps.watch?.agentWritten(written, before);
    return written;
  }

  #drop(session: AppSession): AppSession {
    this.journal.delete(this.sessions, sessionName(session));
    this.#deps.watch?.deleted(session);
    return session;
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
