import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Problem } from "../../../problems.ts";
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
import type { Unreadable } from "../../sealing.ts";
import { Sealer } from "../../sealing.ts";
import { CorruptReports } from "../corrupt-reports.ts";
import { EventReplay } from "../event-replay.ts";
import { Listeners } from "../listeners.ts";
import type {
  AgentAndHolder,
  AgentEvent,
  AgentMessage,
  BindConditions,
  BindOutcome,
  InstanceReport,
  Lease,
  LeaseRequest,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionStore,
  StoredEvent,
  StoreOptions,
  Unsubscribe,
} from "../port.ts";
import { ProcessLeases } from "../process-leases.ts";
import { RecentlyUsed } from "../recently-used.ts";
import { newRevision, Records, sessionName, subjectName } from "../records.ts";
import { RevocationMarks } from "../revocation-marks.ts";
import { StoreFault, storeUnavailable } from "../unavailable.ts";
import { isErrorOfSqlite, wordOfSqlite } from "./database.ts";
import { takeUpKeys } from "./key-change.ts";
import { writeProbe } from "./probe.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

/** Opened records kept in memory, of each kind: a hit spares the query, the key and the parsing, some 15 µs. */
const MOST_CACHED = 20_000;

/**
 * Sessions in one file, for one process. Being the only writer, it can trust what it remembers of the file; leases,
 * messages and events concern nobody outside this process and stay in memory.
 *
 * `node:sqlite` is synchronous, so no two operations can interleave. Those that write resolve when the disk has it.
 */
export class SqliteStore implements SessionStore {
  readonly sealer: Sealer;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #log: WriteAheadLog;
  /** Agents whose newest record is not on the disk yet. */
  readonly #underWay = new Map<AgentId, Promise<void>>();
  readonly #statements = new Map<string, StatementSync>();
  readonly #records: Records;
  readonly #agents = new RecentlyUsed<AgentId, AgentSession>(MOST_CACHED);
  readonly #sessions = new RecentlyUsed<string, AppSession>(MOST_CACHED);
  readonly #leases: ProcessLeases;
  readonly #revocations: RevocationMarks;
  readonly #listeners = new Listeners();
  readonly #events: EventReplay;

  /**
   * @param database opened by `openDatabase`; the store closes it.
   * @throws {@link StoreRefused} where other keys have sealed what it holds
   */
  constructor(database: DatabaseSync, options: StoreOptions) {
    this.#database = database;
    this.#clock = options.clock;
    this.#log = new WriteAheadLog(database.location());
    this.sealer = new Sealer(options.keys);
    this.#records = new Records(this.sealer, new CorruptReports(options.onCorrupt));
    takeUpKeys(database, this.#records);
    this.#leases = new ProcessLeases(options.clock);
    this.#revocations = new RevocationMarks(options.clock);
    this.#events = new EventReplay(options.eventsKept, options.clock);
  }

  async getSession(key: SessionKey): Promise<AppSession | null> {
    const cached = this.#sessions.get(cacheName(key));
    if (cached !== undefined) return cached;
    const session = this.#storedSession(sessionName(key));
    if (session !== null) this.#sessions.set(cacheName(key), session);
    return session;
  }

  async bindSession(session: AppSession, { over, revocations }: BindConditions): Promise<BindOutcome> {
    const name = sessionName(session);
    if (this.#revocations.changed(revocations, session, session.subject)) return "revoked";
    if ((this.#storedSession(name)?.bindingId ?? null) !== (over?.bindingId ?? null)) return "moved";
    const subject = session.subject === null ? null : subjectName(session.subject);
    const sealed = this.#records.sealSession(session);
    this.#sessions.delete(cacheName(session));
    this.#run(
      "INSERT OR REPLACE INTO sessions (name, agent_id, subject_name, last_used_at, sealed) VALUES (?, ?, ?, ?, ?)",
      [name, session.agentId, subject, session.lastUsedAt, sealed],
    );
    await this.#log.written();
    return "bound";
  }

  async touchSession(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    const name = sessionName(binding);
    if (this.#storedSession(name)?.bindingId !== binding.bindingId) return false;
    this.#sessions.delete(cacheName(binding));
    // The one write that a power cut may take: it happens every minute for every session, and tells little.
    return this.#run("UPDATE sessions SET last_used_at = ? WHERE name = ?", [lastUsedAt, name]) > 0;
  }

  async deleteSession(
    binding: SessionBinding,
    ifLastUsedAt: number = Number.MAX_SAFE_INTEGER,
  ): Promise<AppSession | null> {
    const stored = this.#storedSession(sessionName(binding));
    if (stored?.bindingId !== binding.bindingId || stored.lastUsedAt > ifLastUsedAt) return null;
    this.#drop([stored]);
    await this.#log.written();
    return stored;
  }

  async revocations(key: SessionKey, subject: Subject | null): Promise<Revocations> {
    return this.#revocations.read(key, subject);
  }

  async revokeSession(key: SessionKey): Promise<AppSession | null> {
    this.#revocations.markSession(key);
    const stored = this.#storedSession(sessionName(key));
    // Also one that cannot be read.
    this.#drop([key]);
    await this.#log.written();
    return stored;
  }

  async revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    this.#revocations.markSubject(issuer, subject);
    const rows = this.#all("SELECT name, last_used_at, sealed FROM sessions WHERE subject_name = ?", [
      subjectName(subject),
    ]);
    const revoked = this.#openSessions(rows).filter((one) => one.issuer === issuer && one.subject === subject);
    this.#drop(revoked);
    await this.#log.written();
    return revoked;
  }

  async sessionsOfAgent(agentId: AgentId): Promise<AppSession[]> {
    const rows = this.#all("SELECT name, last_used_at, sealed FROM sessions WHERE agent_id = ? ORDER BY name", [
      agentId,
    ]);
    return this.#openSessions(rows).filter((session) => session.agentId === agentId);
  }

  async listSessions({ issuer, subject, agentId, after = "", limit }: SessionQuery): Promise<SessionPage> {
    const conditions = ["name > ?"];
    const values: SQLInputValue[] = [after];
    if (subject !== undefined) {
      conditions.push("subject_name = ?");
      values.push(subjectName(subject));
    }
    if (agentId !== undefined) {
      conditions.push("agent_id = ?");
      values.push(agentId);
    }
    const rows = this.#all(
      `SELECT name, last_used_at, sealed FROM sessions WHERE ${conditions.join(" AND ")} ORDER BY name LIMIT ?`,
      [...values, limit + 1],
    );
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? String(page.at(-1)?.name) : null;
    // The issuer stands in what is sealed alone: a page may have fewer sessions than it could hold.
    const sessions = this.#openSessions(page).filter((one) => issuer === undefined || one.issuer === issuer);
    return { sessions, next };
  }

  async getAgent(agentId: AgentId): Promise<AgentSession | null> {
    // Nobody uses a Guid that is not on the disk: the gateway may forget the one before at its first use.
    await this.#underWay.get(agentId);
    return this.#agents.get(agentId) ?? this.#storedAgent(agentId);
  }

  async getAgents(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    const found = new Map<AgentId, AgentSession | Unreadable>();
    for (const agentId of agentIds) {
      const agent = await this.getAgent(agentId);
      const row = agent === null ? this.#agentRow(agentId) : undefined;
      if (agent !== null) found.set(agentId, agent);
      else if (row !== undefined) found.set(agentId, this.#records.readAgent(agentId, row.sealed, row.revision));
    }
    return found;
  }

  async getAgentAndHolder(agentId: AgentId): Promise<AgentAndHolder> {
    const agent = await this.getAgent(agentId);
    return { agent, holder: this.#leases.holder({ kind: "poll", agentId }) };
  }

  async createAgent(agent: NewAgentSession): Promise<AgentSession | null> {
    if (this.#storedAgent(agent.agentId) !== null) return null;
    const created = Object.freeze({ ...agent, revision: newRevision() });
    // Replaces at most a record that cannot be read.
    this.#run("INSERT OR REPLACE INTO agents (agent_id, sign_in_id, revision, sealed) VALUES (?, ?, ?, ?)", [
      created.agentId,
      created.signInId,
      created.revision,
      this.#records.sealAgent(created),
    ]);
    this.#agents.set(agent.agentId, created);
    await this.#agentWritten(agent.agentId);
    return created;
  }

  async updateAgent(agent: AgentSession): Promise<AgentSession | null> {
    const updated = Object.freeze({ ...agent, revision: newRevision() });
    this.#agents.delete(agent.agentId);
    const written = this.#run(
      "UPDATE agents SET sign_in_id = ?, revision = ?, sealed = ? WHERE agent_id = ? AND revision = ?",
      [updated.signInId, updated.revision, this.#records.sealAgent(updated), agent.agentId, agent.revision],
    );
    if (written === 0) return null;
    this.#agents.set(agent.agentId, updated);
    await this.#agentWritten(agent.agentId);
    return updated;
  }

  async deleteAgent(agentId: AgentId, signInId: string): Promise<boolean> {
    this.#agents.delete(agentId);
    if (this.#run("DELETE FROM agents WHERE agent_id = ? AND sign_in_id = ?", [agentId, signInId]) === 0) return false;
    this.#events.forget(agentId);
    await this.#agentWritten(agentId);
    return true;
  }

  async agentIds(): Promise<AgentId[]> {
    return this.#all("SELECT agent_id FROM agents", []).map((row) => row.agent_id as AgentId);
  }

  async acquireLease(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    return this.#leases.acquire(lease, owner, ttlMs);
  }

  async acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]> {
    return asked.map(({ agentId, owner }) => this.#leases.acquire({ kind, agentId }, owner, ttlMs));
  }

  async releaseLease(lease: Lease, owner: string): Promise<void> {
    this.#leases.release(lease, owner);
  }

  async unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    return this.#leases.unheld(kind, agentIds);
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
    return this.#guarded(() => this.#clock.wall());
  }

  async pingRead(): Promise<void> {
    this.#get("SELECT 1 FROM agents LIMIT 1", []);
  }

  async pingWrite(): Promise<void> {
    this.#guarded(() => writeProbe(this.#database));
    await this.#log.written();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#agents.clear();
    this.#sessions.clear();
    this.#statements.clear();
    await this.#log.close();
    if (this.#database.isOpen) this.#database.close();
  }

  async #agentWritten(agentId: AgentId): Promise<void> {
    const written = this.#log.written();
    this.#underWay.set(agentId, written);
    try {
      await written;
    } catch (error) {
      this.#agents.delete(agentId);
      throw error;
    } finally {
      if (this.#underWay.get(agentId) === written) this.#underWay.delete(agentId);
    }
  }

  #drop(sessions: readonly SessionKey[]): void {
    for (const session of sessions) {
      this.#sessions.delete(cacheName(session));
      this.#run("DELETE FROM sessions WHERE name = ?", [sessionName(session)]);
    }
  }

  #storedSession(name: string): AppSession | null {
    const row = this.#get("SELECT last_used_at, sealed FROM sessions WHERE name = ?", [name]);
    return row === undefined ? null : this.#records.openSession(name, row.sealed, row.last_used_at);
  }

  #openSessions(rows: readonly Row[]): AppSession[] {
    return rows
      .map((row) => this.#records.openSession(String(row.name), row.sealed, row.last_used_at))
      .filter((session) => session !== null);
  }

  #agentRow(agentId: AgentId): Row | undefined {
    return this.#get("SELECT revision, sealed FROM agents WHERE agent_id = ?", [agentId]);
  }

  #storedAgent(agentId: AgentId): AgentSession | null {
    const row = this.#agentRow(agentId);
    const agent = row === undefined ? null : this.#records.openAgent(agentId, row.sealed, row.revision);
    if (agent !== null) this.#agents.set(agentId, agent);
    return agent;
  }

  #get(sql: string, values: readonly SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#statement(sql).get(...values));
  }

  #all(sql: string, values: readonly SQLInputValue[]): Row[] {
    return this.#guarded(() => this.#statement(sql).all(...values));
  }

  /** Answers with how many rows it changed. */
  #run(sql: string, values: readonly SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  #statement(sql: string): StatementSync {
    const prepared = this.#statements.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#database.prepare(sql);
    // As a number, one that somebody wrote past 2^53 would throw and take all other rows of its answer with it.
    statement.setReadBigInts(true);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guarded<T>(access: () => T): T {
    if (!this.#database.isOpen) throw storeUnavailable(new StoreFault("CLOSED", "the store is closed"));
    if (this.#log.failed) throw storeUnavailable(new StoreFault("DISK_FAILED", "the disk has failed"));
    try {
      return access();
    } catch (error) {
      throw fault(error);
    }
  }
}

type Row = Record<string, unknown>;

/** A full disk, a failing one, a damaged file: the session is not lost, it cannot be reached. Anything else is a mistake. */
function fault(error: unknown): Problem | unknown {
  return isErrorOfSqlite(error)
    ? storeUnavailable(new StoreFault(wordOfSqlite(error), `SQLite: ${error.errstr}`))
    : error;
}

const cacheName = ({ issuer, sessionId }: SessionKey): string => `${issuer} ${sessionId}`;
