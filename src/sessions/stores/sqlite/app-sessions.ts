import type { SQLInputValue } from "node:sqlite";
import { LRUCache } from "lru-cache";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AppSession, Issuer, SessionBinding, SessionKey, Subject } from "../../model.ts";
import type {
  BindConditions,
  BindOutcome,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionsThatCount,
  Unreadable,
} from "../port.ts";
import { MOST_SESSION_BYTES, recordBytes } from "../record-bytes.ts";
import { type Records, sessionName, subjectName } from "../records.ts";
import { RevocationMarks } from "../revocation-marks.ts";
import { insistReadable, orAbsent } from "../unavailable.ts";
import type { Row, Statements } from "./statements.ts";

interface Deps {
  readonly statements: Statements;
  readonly records: Records;
  readonly clock: Clock;
  /** How long what cannot be read is kept, from its last use. */
  readonly unreadableKeptMs: number;
}

/** App sessions in the file: a row each, with the indexes of SQLite. */
export class SqliteAppSessions {
  readonly #deps: Deps;
  readonly #statements: Statements;
  readonly #cached = new LRUCache<string, AppSession>({ maxSize: MOST_SESSION_BYTES, sizeCalculation: recordBytes });
  readonly #revocations: RevocationMarks;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#statements = deps.statements;
    this.#revocations = new RevocationMarks(deps.clock);
  }

  get(key: SessionKey): AppSession | null {
    const cached = this.#cached.get(cacheName(key));
    if (cached !== undefined) return cached;
    const session = this.#stored(sessionName(key));
    if (session !== null) this.#cached.set(cacheName(key), session);
    return session;
  }

  async bind(session: AppSession, { over, revocations }: BindConditions): Promise<BindOutcome> {
    const name = sessionName(session);
    if (this.#revocations.changed(revocations, session, session.subject)) return "revoked";
    if ((this.#stored(name)?.bindingId ?? null) !== (over?.bindingId ?? null)) return "moved";
    const subject = session.subject === null ? null : subjectName(session.subject);
    this.#cached.delete(cacheName(session));
    this.#statements.run(
      "INSERT OR REPLACE INTO sessions (name, agent_id, subject_name, last_used_at, sealed) VALUES (?, ?, ?, ?, ?)",
      name,
      session.agentId,
      subject,
      session.lastUsedAt,
      this.#deps.records.sealSession(session),
    );
    await this.#statements.written();
    return "bound";
  }

  touch(binding: SessionBinding, lastUsedAt: number): boolean {
    const name = sessionName(binding);
    const stored = this.get(binding);
    if (stored?.bindingId !== binding.bindingId) return false;
    // The one write that a power cut may take: it happens every minute for every session, and tells little.
    if (this.#statements.run("UPDATE sessions SET last_used_at = ? WHERE name = ?", lastUsedAt, name) === 0)
      return false;
    this.#cached.set(cacheName(binding), Object.freeze({ ...stored, lastUsedAt }));
    return true;
  }

  async delete(binding: SessionBinding, ifLastUsedAt: number): Promise<AppSession | null> {
    const stored = this.#stored(sessionName(binding));
    if (stored?.bindingId !== binding.bindingId || stored.lastUsedAt > ifLastUsedAt) return null;
    this.#drop(sessionName(stored), stored);
    await this.#statements.written();
    return stored;
  }

  revocations(key: SessionKey, subject: Subject | null): Revocations {
    return this.#revocations.read(key, subject);
  }

  /** Also one that cannot be read. */
  async revoke(key: SessionKey): Promise<AppSession | null> {
    this.#revocations.markSession(key);
    const name = sessionName(key);
    const row = this.#statements.get("SELECT name, last_used_at, sealed FROM sessions WHERE name = ?", name);
    const stored = row === undefined ? "damaged" : this.#read(row);
    this.#drop(name, key);
    await this.#statements.written();
    return typeof stored === "string" ? null : stored;
  }

  /** Also those that cannot be read: whose they are their place in the index tells. */
  async revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    this.#revocations.markSubject(issuer, subject);
    const rows = this.#statements.all(
      "SELECT name, last_used_at, sealed FROM sessions WHERE subject_name = ?",
      subjectName(subject),
    );
    const revoked: AppSession[] = [];
    for (const row of rows) {
      const session = this.#read(row);
      if (typeof session !== "string") {
        if (session.issuer !== issuer || session.subject !== subject) continue;
        revoked.push(session);
      }
      this.#drop(String(row.name), typeof session === "string" ? null : session);
    }
    await this.#statements.written();
    return revoked;
  }

  ofAgent(agentId: AgentId): AppSession[] {
    const sessions = this.#allOfAgent(agentId);
    insistReadable(sessions);
    return sessions.filter((session) => typeof session !== "string");
  }

  /** The file's own index loses nothing. */
  hasAny(agentId: AgentId, { counts, damaged }: SessionsThatCount): boolean {
    return this.#allOfAgent(agentId).some((session) => {
      if (typeof session !== "string") return counts(session);
      return damaged || session !== "damaged";
    });
  }

  list({ issuer, subject, agentId, after = "", limit }: SessionQuery): SessionPage {
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
    const rows = this.#statements.all(
      `SELECT name, last_used_at, sealed FROM sessions WHERE ${conditions.join(" AND ")} ORDER BY name LIMIT ?`,
      ...values,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? String(page.at(-1)?.name) : null;
    // The issuer stands in what is sealed alone: a page may have fewer sessions than it could hold.
    const isAskedFor = (one: AppSession | Unreadable): one is AppSession =>
      typeof one !== "string" && (issuer === undefined || one.issuer === issuer);
    return { sessions: page.map((row) => this.#read(row)).filter(isAskedFor), next };
  }

  clear(): void {
    this.#cached.clear();
  }

  #allOfAgent(agentId: AgentId): (AppSession | Unreadable)[] {
    return this.#statements
      .all("SELECT name, last_used_at, sealed FROM sessions WHERE agent_id = ? ORDER BY name", agentId)
      .filter((row) => !this.#isOver(row))
      .map((row) => this.#read(row))
      .filter((session) => typeof session === "string" || session.agentId === agentId);
  }

  #stored(name: string): AppSession | null {
    const row = this.#statements.get("SELECT name, last_used_at, sealed FROM sessions WHERE name = ?", name);
    return row === undefined || this.#isOver(row) ? null : orAbsent(this.#read(row));
  }

  #read(row: Row): AppSession | Unreadable {
    return this.#deps.records.readSession(String(row.name), row.sealed, row.last_used_at);
  }

  /** Drops what has been unreadable for so long that its session would be over by now. */
  #isOver(row: Row): boolean {
    const { clock, unreadableKeptMs } = this.#deps;
    if (!(Number(row.last_used_at) + unreadableKeptMs < clock.wall())) return false;
    if (typeof this.#read(row) !== "string") return false;
    this.#drop(String(row.name), null);
    return true;
  }

  #drop(name: string, key: SessionKey | null): void {
    if (key !== null) this.#cached.delete(cacheName(key));
    this.#statements.run("DELETE FROM sessions WHERE name = ?", name);
  }
}

const cacheName = ({ issuer, sessionId }: SessionKey): string => `${issuer} ${sessionId}`;
