import type { DatabaseSync } from "node:sqlite";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../../model.ts";
import { Sealer } from "../../sealing.ts";
import type { AgentEvent, AgentMessage, StoredEvent, Unsubscribe } from "../agent-messages.ts";
import { CorruptReports } from "../corrupt-reports.ts";
import { EventReplay } from "../event-replay.ts";
import { Listeners } from "../listeners.ts";
import type {
  AgentAndHolder,
  BindConditions,
  BindOutcome,
  InstanceReport,
  Lease,
  LeaseRequest,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionStore,
  SessionsThatCount,
  StoreOptions,
  Unreadable,
} from "../port.ts";
import { ProcessLeases } from "../process-leases.ts";
import { Records } from "../records.ts";
import { SqliteAgentSessions } from "./agent-sessions.ts";
import { SqliteAppSessions } from "./app-sessions.ts";
import { takeUpKeys } from "./key-change.ts";
import { isDamagedPage, Statements } from "./statements.ts";

/**
 * Sessions in one file, for one process. Being the only writer, it can trust what it remembers of the file; leases,
 * messages and events concern nobody outside this process and stay in memory.
 *
 * `node:sqlite` is synchronous, so no two operations can interleave. Those that write resolve when the disk has it.
 */
export class SqliteStore implements SessionStore {
  readonly sealer: Sealer;
  readonly timeIsShared = false;
  readonly #clock: Clock;
  readonly #statements: Statements;
  readonly #sessions: SqliteAppSessions;
  readonly #agents: SqliteAgentSessions;
  readonly #leases: ProcessLeases;
  readonly #listeners = new Listeners();
  readonly #events: EventReplay;

  /**
   * @param database opened by `openDatabase`; the store closes it.
   * @throws {@link StoreRefused} where other keys have sealed what it holds
   */
  constructor(database: DatabaseSync, options: StoreOptions) {
    const { clock, unreadableKeptMs = Number.POSITIVE_INFINITY } = options;
    const reports = new CorruptReports(options.onCorrupt);
    this.sealer = new Sealer(options.keys);
    const records = new Records(this.sealer, reports);
    takeUpKeys(database, records);
    const statements = new Statements(database);
    this.#clock = clock;
    this.#statements = statements;
    this.#sessions = new SqliteAppSessions({ statements, records, clock, unreadableKeptMs });
    const forgetEvents = (agentId: AgentId): void => this.#events.forget(agentId);
    this.#agents = new SqliteAgentSessions({ statements, records, reports, forgetEvents });
    this.#leases = new ProcessLeases(clock);
    this.#events = new EventReplay(options.eventsKept, clock, options.eventBounds);
  }

  async getSession(key: SessionKey): Promise<AppSession | null> {
    return this.#sessions.get(key);
  }
  bindSession(session: AppSession, conditions: BindConditions): Promise<BindOutcome> {
    return this.#sessions.bind(session, conditions);
  }
  async touchSession(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    return this.#sessions.touch(binding, lastUsedAt);
  }
  deleteSession(binding: SessionBinding, ifLastUsedAt: number = Number.MAX_SAFE_INTEGER): Promise<AppSession | null> {
    return this.#sessions.delete(binding, ifLastUsedAt);
  }
  async revocations(key: SessionKey, subject: Subject | null): Promise<Revocations> {
    return this.#sessions.revocations(key, subject);
  }
  revokeSession(key: SessionKey): Promise<AppSession | null> {
    return this.#sessions.revoke(key);
  }
  revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    return this.#sessions.revokeSubject(issuer, subject);
  }
  async sessionsOfAgent(agentId: AgentId): Promise<AppSession[]> {
    return this.#sessions.ofAgent(agentId);
  }
  async hasSessions(agentId: AgentId, which: SessionsThatCount): Promise<boolean> {
    return this.#sessions.hasAny(agentId, which);
  }
  async listSessions(query: SessionQuery): Promise<SessionPage> {
    return this.#sessions.list(query);
  }

  getAgent(agentId: AgentId): Promise<AgentSession | null> {
    return this.#agents.get(agentId);
  }
  getAgents(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    return this.#agents.getMany(agentIds);
  }
  async getAgentAndHolder(agentId: AgentId): Promise<AgentAndHolder> {
    const agent = await this.#agents.get(agentId);
    return { agent, holder: this.#leases.holder({ kind: "poll", agentId }) };
  }
  createAgent(agent: NewAgentSession): Promise<AgentSession | null> {
    return this.#agents.create(agent);
  }
  updateAgent(agent: AgentSession): Promise<AgentSession | null> {
    return this.#agents.update(agent);
  }
  deleteAgent(agentId: AgentId, signInId: string): Promise<boolean> {
    return this.#agents.delete(agentId, signInId);
  }
  async agentIds(): Promise<AgentId[]> {
    return this.#agents.ids();
  }

  async acquireLease(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    return this.#leases.acquire(lease, owner, ttlMs);
  }

  async acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]> {
    return asked.map(({ agentId, owner, polledAt }) => this.#leases.acquire({ kind, agentId }, owner, ttlMs, polledAt));
  }

  async releaseLease(lease: Lease, owner: string): Promise<void> {
    this.#leases.release(lease, owner);
  }

  async unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    return this.#leases.unheld(kind, agentIds);
  }

  async lastPolls(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, number>> {
    return this.#leases.lastPolls(agentIds);
  }

  async announceInstance(report: InstanceReport, ttlMs: number): Promise<InstanceReport[]> {
    return this.#leases.announce(report, ttlMs);
  }

  async instances(): Promise<InstanceReport[]> {
    return this.#leases.instances();
  }

  async publish(agentId: AgentId, message: AgentMessage): Promise<void> {
    this.#listeners.deliver(agentId, message);
  }

  async subscribe(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    this.#listeners.add(agentId, listener);
    return () => void this.#listeners.remove(agentId, listener);
  }

  async appendEvent(agentId: AgentId, event: AgentEvent): Promise<string> {
    const stored = this.#events.append(agentId, event);
    this.#listeners.deliver(agentId, { type: "event", event: stored });
    return stored.id;
  }

  async eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    return this.#events.after(agentId, afterId);
  }

  async forgetEvents(agentId: AgentId): Promise<void> {
    this.#events.forget(agentId);
  }

  async time(): Promise<number> {
    return this.#statements.guarded(() => this.#clock.wall());
  }

  async pingRead(): Promise<void> {
    try {
      this.#statements.get("SELECT 1 FROM agents LIMIT 1");
    } catch (error) {
      // One page is damaged; what stands on the others can be read.
      if (!isDamagedPage(error)) throw error;
    }
  }

  pingWrite(): Promise<void> {
    return this.#statements.probe();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#agents.clear();
    this.#sessions.clear();
    await this.#statements.close();
  }
}
