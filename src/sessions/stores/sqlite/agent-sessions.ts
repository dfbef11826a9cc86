import { LRUCache } from "lru-cache";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { AgentSession, NewAgentSession } from "../../model.ts";
import type { CorruptReports } from "../corrupt-reports.ts";
import type { Unreadable } from "../port.ts";
import { MOST_AGENT_BYTES, recordBytes } from "../record-bytes.ts";
import { newRevision, type Records } from "../records.ts";
import { orAbsent } from "../unavailable.ts";
import { isDamagedPage, type Statements } from "./statements.ts";

interface Deps {
  readonly statements: Statements;
  readonly records: Records;
  readonly reports: CorruptReports;
  /** What the agent's next user must not read goes with its record, at once. */
  readonly forgetEvents: (agentId: AgentId) => void;
}

/** Agent sessions in the file: a row each. */
export class SqliteAgentSessions {
  readonly #statements: Statements;
  readonly #records: Records;
  readonly #reports: CorruptReports;
  readonly #forgetEvents: (agentId: AgentId) => void;
  readonly #cached = new LRUCache<AgentId, AgentSession>({ maxSize: MOST_AGENT_BYTES, sizeCalculation: recordBytes });
  /** Agents whose newest record is not on the disk yet. */
  readonly #underWay = new Map<AgentId, Promise<void>>();

  constructor({ statements, records, reports, forgetEvents }: Deps) {
    this.#statements = statements;
    this.#records = records;
    this.#reports = reports;
    this.#forgetEvents = forgetEvents;
  }

  async get(agentId: AgentId): Promise<AgentSession | null> {
    const agent = await this.#read(agentId);
    return agent === null ? null : orAbsent(agent);
  }

  async getMany(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    const found = new Map<AgentId, AgentSession | Unreadable>();
    for (const agentId of agentIds) {
      const agent = await this.#readOrDamaged(agentId);
      if (agent === null || (typeof agent === "string" && this.#dropUnlessUsed(agentId))) continue;
      found.set(agentId, agent);
    }
    return found;
  }

  async create(agent: NewAgentSession): Promise<AgentSession | null> {
    const stored = this.#stored(agent.agentId);
    if (stored !== null && orAbsent(stored) !== null) return null;
    const created = Object.freeze({ ...agent, revision: newRevision() });
    // Replaces at most a record that is damaged.
    this.#statements.run(
      "INSERT OR REPLACE INTO agents (agent_id, sign_in_id, revision, sealed) VALUES (?, ?, ?, ?)",
      created.agentId,
      created.signInId,
      created.revision,
      this.#records.sealAgent(created),
    );
    this.#cached.set(agent.agentId, created);
    await this.#written(agent.agentId);
    return created;
  }

  async update(agent: AgentSession): Promise<AgentSession | null> {
    const updated = Object.freeze({ ...agent, revision: newRevision() });
    this.#cached.delete(agent.agentId);
    const written = this.#statements.run(
      "UPDATE agents SET sign_in_id = ?, revision = ?, sealed = ? WHERE agent_id = ? AND revision = ?",
      updated.signInId,
      updated.revision,
      this.#records.sealAgent(updated),
      agent.agentId,
      agent.revision,
    );
    if (written === 0) return null;
    this.#cached.set(agent.agentId, updated);
    await this.#written(agent.agentId);
    return updated;
  }

  async delete(agentId: AgentId, signInId: string): Promise<boolean> {
    this.#cached.delete(agentId);
    const sql = "DELETE FROM agents WHERE agent_id = ? AND sign_in_id = ?";
    if (this.#statements.run(sql, agentId, signInId) === 0) return false;
    this.#forgetEvents(agentId);
    await this.#written(agentId);
    return true;
  }

  /** A damaged page hides those that stand on it: from both its sides, and by their sessions, the others are found. */
  ids(): AgentId[] {
    try {
      // As one text: ten thousand rows every other second cost more to make than to read.
      const row = this.#statements.get(
        "SELECT group_concat(agent_id, ' ') AS ids FROM (SELECT agent_id FROM agents ORDER BY agent_id)",
      );
      return typeof row?.ids === "string" ? (row.ids.split(" ") as AgentId[]) : [];
    } catch (error) {
      if (!isDamagedPage(error)) throw error;
    }
    this.#reports.report({ kind: "table", name: "agents", why: "damaged" }, "a page");
    const rows = ["agents", "sessions"].flatMap((table) => [
      ...this.#statements.readable(`SELECT agent_id FROM ${table} ORDER BY agent_id`),
      ...this.#statements.readable(`SELECT agent_id FROM ${table} ORDER BY agent_id DESC`),
    ]);
    return [...new Set(rows.map((row) => row.agent_id as AgentId))];
  }

  clear(): void {
    this.#cached.clear();
  }

  async #read(agentId: AgentId): Promise<AgentSession | Unreadable | null> {
    // Nobody uses a Guid that is not on the disk: the gateway may forget the one before at its first use.
    await this.#underWay.get(agentId);
    return this.#cached.get(agentId) ?? this.#stored(agentId);
  }

  async #readOrDamaged(agentId: AgentId): Promise<AgentSession | Unreadable | null> {
    try {
      return await this.#read(agentId);
    } catch (error) {
      if (isDamagedPage(error)) return "damaged";
      throw error;
    }
  }

  #stored(agentId: AgentId): AgentSession | Unreadable | null {
    const row = this.#statements.get("SELECT revision, sealed FROM agents WHERE agent_id = ?", agentId);
    if (row === undefined) return null;
    const agent = this.#records.readAgent(agentId, row.sealed, row.revision);
    if (typeof agent !== "string") this.#cached.set(agentId, agent);
    return agent;
  }

  /** What cannot be read and has no session is of no use to anybody, nor will it be. */
  #dropUnlessUsed(agentId: AgentId): boolean {
    try {
      if (this.#statements.get("SELECT 1 FROM sessions WHERE agent_id = ? LIMIT 1", agentId) !== undefined)
        return false;
      return this.#statements.run("DELETE FROM agents WHERE agent_id = ?", agentId) > 0;
    } catch (error) {
      if (isDamagedPage(error)) return false;
      throw error;
    }
  }

  async #written(agentId: AgentId): Promise<void> {
    const written = this.#statements.written();
    this.#underWay.set(agentId, written);
    try {
      await written;
    } catch (error) {
      this.#cached.delete(agentId);
      throw error;
    } finally {
      if (this.#underWay.get(agentId) === written) this.#underWay.delete(agentId);
    }
  }
}
