import { LRUCache } from "lru-cache";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AgentSession, NewAgentSession } from "../../model.ts";
import type { AgentAndHolder, Unreadable } from "../port.ts";
import { newRevision, type Records } from "../records.ts";
import { insistReadable, orAbsent } from "../unavailable.ts";
import { entryText, isOfThePast, type Keys, newGeneration, parseEntry } from "./keys.ts";
import type { Link } from "./link.ts";
import type { RecordCache } from "./record-cache.ts";
import { readFields } from "./record-fields.ts";
import * as scripts from "./scripts.ts";
import type { Strays } from "./strays.ts";

/** How often an instance looks for entries of agents that are no more. */
const PRUNE_MS = 60_000;

const AGENT_FIELDS = ["sealed", "revision", "generation"];

const MOST_GENERATIONS = 60_000;

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  /** The connection whose reads are tracked. */
  readonly reads: Link;
  readonly cache: RecordCache<AgentSession>;
  readonly records: Records;
  readonly strays: Strays;
  readonly hasSessions: (agentId: AgentId) => Promise<boolean>;
  readonly clock: Clock;
}

/** Agent sessions in Redis: a hash each, and one sorted set of all. */
export class RedisAgentSessions {
  readonly #deps: Deps;
  readonly #keys: Keys;
  /** Of agents that were read or made here. */
  readonly #generations = new LRUCache<AgentId, string>({ max: MOST_GENERATIONS });
  #pruneAfter = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#keys = deps.keys;
  }

  get(agentId: AgentId, fresh: boolean): Promise<AgentSession | null> {
    const { cache, reads, records } = this.#deps;
    return cache.read(this.#keys.agent(agentId), fresh, async () => {
      const fields = await readFields(reads, this.#keys.agent(agentId), ["sealed", "revision"]);
      return fields === null ? null : orAbsent(records.readAgent(agentId, fields[0], fields[1]));
    });
  }

  async getMany(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    const { commands, records } = this.#deps;
    const names = agentIds.map((agentId) => this.#keys.agent(agentId));
    const hashes = await commands.hashes(names, AGENT_FIELDS);
    const found = new Map<AgentId, AgentSession | Unreadable>();
    for (const [at, agentId] of agentIds.entries()) {
      const fields = hashes[at];
      if (!fields) continue;
      this.#remember(agentId, fields[2]);
      const agent = records.readAgent(agentId, fields[0], fields[1]);
      if (typeof agent !== "string" || !(await this.#dropUnlessUsed(agentId, fields[0]))) found.set(agentId, agent);
    }
    return found;
  }

  /** What cannot be read and has no session is of no use to anybody, nor will it be. */
  async #dropUnlessUsed(agentId: AgentId, sealed: unknown): Promise<boolean> {
    if (await this.#deps.hasSessions(agentId).catch(() => true)) return false;
    return (await this.#change(scripts.dropRecord, agentId, [String(sealed ?? "")])) === 1;
  }

  async getWithHolder(agentId: AgentId): Promise<AgentAndHolder> {
    const { commands, records } = this.#deps;
    const names = [this.#keys.agent(agentId), this.#keys.lease({ kind: "poll", agentId })] as const;
    const answer = await commands.run(scripts.agentAndHolder, names, AGENT_FIELDS);
    const [fields, holder] = Array.isArray(answer) ? answer : [];
    const [sealed, revision, generation] = Array.isArray(fields) ? fields : [];
    this.#remember(agentId, generation);
    const isThere = fields === "unreadable" || (sealed ?? revision ?? null) !== null;
    return {
      agent: isThere ? orAbsent(records.readAgent(agentId, sealed, revision)) : null,
      holder: typeof holder === "string" ? holder : null,
    };
  }

  /** For agents that are there: what the index has lost of them with a failover. Those that were never read are passed over. */
  async enterAgain(agentIds: readonly AgentId[]): Promise<void> {
    const entries = agentIds.flatMap((agentId) => {
      const generation = this.#generations.get(agentId);
      return generation === undefined ? [] : ["0", entryText({ name: agentId, generation })];
    });
    if (entries.length > 0) await this.#index(["ZADD", this.#keys.allAgents, ...entries]);
  }

  async create(agent: NewAgentSession): Promise<AgentSession | null> {
    const { agentId } = agent;
    const created = Object.freeze({ ...agent, revision: newRevision() });
    const generation = newGeneration(this.#deps.clock.wall());
    await this.#addEntry(agentId, generation);
    const before = await this.#write(created, generation, "");
    if (!Array.isArray(before)) return created;
    const [sealed, revision, generationBefore] = before.map(String);
    const standing = this.#deps.records.readAgent(agentId, sealed, revision);
    // As good as absent, unless somebody has replaced it since.
    if (standing === "damaged" && !Array.isArray(await this.#write(created, generation, sealed ?? ""))) {
      await this.#forgetEntry(agentId, generationBefore ?? "");
      return created;
    }
    await this.#forgetEntry(agentId, generation);
    insistReadable([standing]);
    return null;
  }

  async update(agent: AgentSession): Promise<AgentSession | null> {
    const updated = Object.freeze({ ...agent, revision: newRevision() });
    const args = [this.#deps.records.sealAgent(updated), updated.signInId, updated.revision, agent.revision];
    return (await this.#change(scripts.updateAgent, agent.agentId, args)) === 1 ? updated : null;
  }

  async delete(agentId: AgentId, signInId: string): Promise<boolean> {
    const generation = await this.#change(scripts.deleteAgent, agentId, [signInId], this.#keys.events(agentId));
    if (typeof generation !== "string") return false;
    const { polls } = this.#keys;
    const forgotten = this.#deps.commands.send(polls, ["HDEL", polls, agentId]).catch(() => undefined);
    await Promise.all([this.#forgetEntry(agentId, generation), forgotten]);
    return true;
  }

  async ids(): Promise<AgentId[]> {
    const entries = await this.#index(["ZRANGE", this.#keys.allAgents, "0", "-1"]);
    if (!Array.isArray(entries)) return [];
    const texts = entries.map(String);
    if (this.#deps.clock.monotonic() >= this.#pruneAfter) {
      this.#pruneAfter = this.#deps.clock.monotonic() + PRUNE_MS;
      await this.#prune(texts);
    }
    return [...new Set(texts.map((text) => parseEntry(text).name as AgentId))];
  }

  #remember(agentId: AgentId, generation: unknown): void {
    if (typeof generation === "string") this.#generations.set(agentId, generation);
  }

  async #prune(entries: readonly string[]): Promise<void> {
    const { commands, clock } = this.#deps;
    const old = entries.filter((text) => isOfThePast(parseEntry(text), clock.wall()));
    const living = await commands.hashes(
      old.map((text) => this.#keys.agent(parseEntry(text).name as AgentId)),
      ["generation"],
    );
    const stale = old.filter((text, at) => living[at]?.[0] !== parseEntry(text).generation);
    if (stale.length > 0) await commands.send(this.#keys.allAgents, ["ZREM", this.#keys.allAgents, ...stale]);
  }

  #write(agent: AgentSession, generation: string, replacing: string): Promise<unknown> {
    const sealed = this.#deps.records.sealAgent(agent);
    return this.#change(scripts.createAgent, agent.agentId, [
      sealed,
      agent.signInId,
      agent.revision,
      generation,
      replacing,
    ]);
  }

  #change(script: string, agentId: AgentId, args: readonly string[], ...others: string[]): Promise<unknown> {
    const { cache, commands } = this.#deps;
    const key = this.#keys.agent(agentId);
    return cache.written(key, () => commands.run(script, [key, ...others], args));
  }

  async #addEntry(agentId: AgentId, generation: string): Promise<void> {
    const entry = entryText({ name: agentId, generation });
    await this.#index(["ZADD", this.#keys.allAgents, "0", entry]);
    this.#generations.set(agentId, generation);
  }

  #index(command: readonly string[]): Promise<unknown> {
    const { allAgents } = this.#keys;
    return this.#deps.strays.clearing(allAgents, "zset", () => this.#deps.commands.send(allAgents, command));
  }

  /** What stays when this fails is of no agent session; it is pruned in time. */
  async #forgetEntry(agentId: AgentId, generation: string): Promise<void> {
    const entry = entryText({ name: agentId, generation });
    await this.#deps.commands.send(this.#keys.allAgents, ["ZREM", this.#keys.allAgents, entry]).catch(() => undefined);
  }
}
