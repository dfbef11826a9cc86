import { LRUCache } from "lru-cache";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AppSession, SessionBinding, SessionKey } from "../../model.ts";
import type {
  BindConditions,
  BindOutcome,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionsThatCount,
  Unreadable,
} from "../port.ts";
import { type Records, sessionName } from "../records.ts";
import { insistReadable, orAbsent } from "../unavailable.ts";
import { type IndexEntry, isOfThePast, type Keys, newGeneration, parseEntry } from "./keys.ts";
import type { Link } from "./link.ts";
import type { RecordCache } from "./record-cache.ts";
import { readFields } from "./record-fields.ts";
import * as scripts from "./scripts.ts";
import { foundSession, SESSION_FIELDS, type SessionIndexes } from "./session-indexes.ts";
import type { SessionSearch } from "./session-search.ts";

const MOST_NAMES = 60_000;

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly indexes: SessionIndexes;
  /** The connection whose reads are tracked. */
  readonly reads: Link;
  readonly cache: RecordCache<AppSession>;
  readonly records: Records;
  readonly search: SessionSearch;
  /** How long what cannot be read is kept, from its last use. */
  readonly unreadableKeptMs: number;
  readonly clock: Clock;
}

/** App sessions in Redis: a hash each, and sorted sets by agent, by subject and of all, in the order of their names. */
export class RedisAppSessions {
  readonly #deps: Deps;
  readonly #keys: Keys;
  readonly #indexes: SessionIndexes;
  /** A name is a digest; those in use are remembered. */
  readonly #names = new LRUCache<string, string>({ max: MOST_NAMES });

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#keys = deps.keys;
    this.#indexes = deps.indexes;
  }

  get(key: SessionKey, fresh: boolean): Promise<AppSession | null> {
    const name = this.#nameOf(key);
    return this.#deps.cache.read(this.#keys.session(name), fresh, () => this.#load(name));
  }

  async bind(session: AppSession, { over, revocations }: BindConditions): Promise<BindOutcome> {
    const entry = {
      name: this.#nameOf(session),
      generation: newGeneration(this.#deps.clock.wall(), session.issuer),
    };
    const entered = await this.#indexes.add(session, entry, revocations);
    let outcome: BindOutcome = "revoked";
    try {
      if (entered) outcome = await this.#write(session, entry, over, revocations, "");
    } finally {
      if (outcome !== "bound") await this.#indexes.remove([{ session, entry }]);
    }
    return outcome;
  }

  async touch(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    const name = this.#nameOf(binding);
    const fields = await this.#change(name, scripts.touchSession, [lastUsedAt, binding.bindingId]);
    const touched = foundSession(this.#deps.records, name, fields);
    // What its indexes have lost comes back when it is used.
    if (touched !== null && typeof touched !== "string") await this.#indexes.enterAgain([touched]);
    return touched !== null;
  }

  async delete(binding: SessionBinding, ifLastUsedAt: number): Promise<AppSession | null> {
    const name = this.#nameOf(binding);
    return this.#deleted(name, await this.#change(name, scripts.deleteSession, [ifLastUsedAt, binding.bindingId]));
  }

  async ofAgent(agentId: AgentId): Promise<AppSession[]> {
    const index = this.#keys.sessionsOfAgent(agentId);
    const entries = await this.#indexes.read(index, ["ZRANGE", index, "0", "-1"]);
    const found = await this.#follow(index, entries);
    insistReadable(found);
    return found.filter((session) => typeof session !== "string").filter((session) => session.agentId === agentId);
  }

  async hasAny(agentId: AgentId, which: SessionsThatCount): Promise<boolean> {
    const index = this.#keys.sessionsOfAgent(agentId);
    const entries = await this.#indexes.read(index, ["ZRANGE", index, "0", "-1"]);
    const found = await this.#follow(index, entries);
    return counted(found, agentId, which) || counted(await this.#deps.search.find(agentId), agentId, which);
  }

  async list({ issuer, subject, agentId, after, limit }: SessionQuery): Promise<SessionPage> {
    const index =
      agentId !== undefined
        ? this.#keys.sessionsOfAgent(agentId)
        : subject !== undefined
          ? this.#keys.sessionsOfSubject(subject)
          : this.#keys.allSessions;
    const belongs = (session: AppSession) =>
      (issuer === undefined || session.issuer === issuer) &&
      (agentId === undefined || session.agentId === agentId) &&
      (subject === undefined || session.subject === subject);

    const sessions: AppSession[] = [];
    let from = after ? afterName(after) : "-";
    for (;;) {
      const count = String(limit + 1);
      const entries = await this.#indexes.read(index, ["ZRANGEBYLEX", index, from, "+", "LIMIT", "0", count]);
      if (!Array.isArray(entries) || entries.length === 0) return { sessions, next: null };
      for (const session of await this.#follow(index, entries)) {
        if (typeof session === "string" || !belongs(session)) continue;
        const last = sessions.at(-1);
        if (last !== undefined && sessions.length === limit) return { sessions, next: sessionName(last) };
        sessions.push(session);
      }
      if (entries.length <= limit) return { sessions, next: null };
      from = afterName(parseEntry(String(entries.at(-1))).name);
    }
  }

  /** The sessions behind entries of an index, in their order. */
  async #follow(index: string, texts: unknown): Promise<(AppSession | Unreadable)[]> {
    const { commands, records, clock } = this.#deps;
    if (!Array.isArray(texts)) return [];
    const entries = texts.map((text) => parseEntry(String(text)));
    const found = await commands.hashes(
      entries.map(({ name }) => this.#keys.session(name)),
      SESSION_FIELDS,
    );
    const sessions: (AppSession | Unreadable)[] = [];
    const stale: string[] = [];
    for (const [at, entry] of entries.entries()) {
      const fields = found[at];
      if (fields?.[2] === entry.generation) {
        const session = records.readSession(entry.name, fields[0], fields[1]);
        if (typeof session !== "string" || !(await this.#dropIfOver(entry.name, fields))) sessions.push(session);
      } else if (isOfThePast(entry, clock.wall())) {
        stale.push(String(texts[at]));
      }
    }
    if (stale.length > 0) await commands.send(index, ["ZREM", index, ...stale]).catch(() => undefined);
    return sessions;
  }

  /** What has been unreadable for so long that its session would be over by now. */
  async #dropIfOver(name: string, [sealed, used]: readonly unknown[]): Promise<boolean> {
    const { clock, unreadableKeptMs } = this.#deps;
    if (!(Number(used) + unreadableKeptMs < clock.wall())) return false;
    return (await this.#change(name, scripts.dropRecord, [String(sealed ?? "")])) === 1;
  }

  async #load(name: string): Promise<AppSession | null> {
    const fields = await readFields(this.#deps.reads, this.#keys.session(name), SESSION_FIELDS);
    return fields === null ? null : orAbsent(this.#deps.records.readSession(name, fields[0], fields[1]));
  }

  async #write(
    session: AppSession,
    { name, generation }: IndexEntry,
    over: SessionBinding | null,
    { session: mark }: Revocations,
    unreadable: string,
  ): Promise<BindOutcome> {
    const { records } = this.#deps;
    const written = await this.#change(
      name,
      scripts.bindSession,
      [
        records.sealSession(session),
        session.lastUsedAt,
        generation,
        session.bindingId,
        mark ?? "",
        over?.bindingId ?? "none",
        unreadable,
        session.agentId,
      ],
      this.#keys.sessionRevoked(name),
    );
    if (!Array.isArray(written)) return "revoked";
    const [isWritten, ...before] = written;
    const found = foundSession(this.#deps.records, name, before);
    if (isWritten === 1) {
      if (found !== null && typeof found !== "string") await this.#indexes.remove([found]);
      return "bound";
    }
    // Somebody may be able to read it, and it is not to be lost.
    insistReadable([found]);
    // What is damaged is as good as absent, unless somebody has replaced it since.
    if (found !== "damaged" || over !== null || unreadable !== "") return "moved";
    return this.#write(session, { name, generation }, over, { session: mark, subject: null }, String(before[0]));
  }

  async #deleted(name: string, fields: unknown): Promise<AppSession | null> {
    const found = foundSession(this.#deps.records, name, fields);
    if (found === null || typeof found === "string") return null;
    await this.#indexes.remove([found]);
    return found.session;
  }

  #change(name: string, script: string, args: readonly (string | number)[], ...others: string[]): Promise<unknown> {
    const { cache, commands } = this.#deps;
    const key = this.#keys.session(name);
    return cache.written(key, () => commands.run(script, [key, ...others], args));
  }

  #nameOf(key: SessionKey): string {
    const text = `${key.issuer} ${key.sessionId}`;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = sessionName(key);
    this.#names.set(text, name);
    return name;
  }
}

/** Behind every generation of a name: an entry is `name.generation`, and "/" follows "." */
const afterName = (name: string): string => `(${name}/`;

function counted(
  found: readonly (AppSession | Unreadable)[],
  agentId: AgentId,
  { counts, damaged }: SessionsThatCount,
): boolean {
  return found.some((session) => {
    if (typeof session !== "string") return session.agentId === agentId && counts(session);
    return damaged || session !== "damaged";
  });
}
