import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AppSession, SessionBinding, SessionKey } from "../../model.ts";
import type { BindConditions, BindOutcome, Revocations, SessionPage, SessionQuery } from "../port.ts";
import { RecentlyUsed } from "../recently-used.ts";
import { type Records, sessionName } from "../records.ts";
import { type IndexEntry, isOfThePast, type Keys, newGeneration, parseEntry } from "./keys.ts";
import type { Link } from "./link.ts";
import type { RecordCache } from "./record-cache.ts";
import { readFields } from "./record-fields.ts";
import * as scripts from "./scripts.ts";
import { foundSession, type SessionIndexes } from "./session-indexes.ts";

const MOST_NAMES = 20_000;
const FIELDS = ["sealed", "used", "generation"];

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly indexes: SessionIndexes;
  /** The connection whose reads are tracked. */
  readonly reads: Link;
  readonly cache: RecordCache<AppSession>;
  readonly records: Records;
  readonly clock: Clock;
}

/** App sessions in Redis: a hash each, and sorted sets by agent, by subject and of all, in the order of their names. */
export class RedisAppSessions {
  readonly #deps: Deps;
  readonly #keys: Keys;
  readonly #indexes: SessionIndexes;
  /** A name is a digest; those in use are remembered. */
  readonly #names = new RecentlyUsed<string, string>(MOST_NAMES);

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
    const outcome = entered ? await this.#write(session, entry, over, revocations, "") : "revoked";
    if (outcome !== "bound") await this.#indexes.remove([{ session, entry }]);
    return outcome;
  }

  async touch(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    return (await this.#change(this.#nameOf(binding), scripts.touchSession, [lastUsedAt, binding.bindingId])) === 1;
  }

  async delete(binding: SessionBinding, ifLastUsedAt: number): Promise<AppSession | null> {
    const name = this.#nameOf(binding);
    return this.#deleted(name, await this.#change(name, scripts.deleteSession, [ifLastUsedAt, binding.bindingId]));
  }

  async ofAgent(agentId: AgentId): Promise<AppSession[]> {
    const index = this.#keys.sessionsOfAgent(agentId);
    const entries = await this.#deps.commands.send(index, ["ZRANGE", index, "0", "-1"]);
    return (await this.#follow(index, entries)).filter((session) => session.agentId === agentId);
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
      const entries = await this.#deps.commands.send(index, ["ZRANGEBYLEX", index, from, "+", "LIMIT", "0", count]);
      if (!Array.isArray(entries) || entries.length === 0) return { sessions, next: null };
      for (const session of await this.#follow(index, entries)) {
        if (!belongs(session)) continue;
        const last = sessions.at(-1);
        if (last !== undefined && sessions.length === limit) return { sessions, next: sessionName(last) };
        sessions.push(session);
      }
      if (entries.length <= limit) return { sessions, next: null };
      from = afterName(parseEntry(String(entries.at(-1))).name);
    }
  }

  /** The sessions behind entries of an index, in their order. */
  async #follow(index: string, texts: unknown): Promise<AppSession[]> {
    const { commands, records, clock } = this.#deps;
    if (!Array.isArray(texts)) return [];
    const entries = texts.map((text) => parseEntry(String(text)));
    const found = await commands.hashes(
      entries.map(({ name }) => this.#keys.session(name)),
      FIELDS,
    );
    const sessions: AppSession[] = [];
    const stale: string[] = [];
    for (const [at, entry] of entries.entries()) {
      const fields = found[at];
      if (fields?.[2] === entry.generation) {
        const session = records.openSession(entry.name, fields[0], fields[1]);
        if (session !== null) sessions.push(session);
      } else if (isOfThePast(entry, clock.wall())) {
        stale.push(String(texts[at]));
      }
    }
    if (stale.length > 0) await commands.send(index, ["ZREM", index, ...stale]).catch(() => undefined);
    return sessions;
  }

  async #load(name: string): Promise<AppSession | null> {
    const fields = await readFields(this.#deps.reads, this.#keys.session(name), FIELDS);
    return fields === null ? null : this.#deps.records.openSession(name, fields[0], fields[1]);
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
      ],
      this.#keys.sessionRevoked(name),
    );
    if (!Array.isArray(written)) return "revoked";
    const [isWritten, ...before] = written;
    const found = foundSession(this.#deps.records, name, before);
    if (isWritten === 1) {
      if (found !== null) await this.#indexes.remove([found]);
      return "bound";
    }
    // What cannot be read is as good as absent, unless somebody has replaced it since.
    if (found !== null || over !== null || unreadable !== "") return "moved";
    return this.#write(session, { name, generation }, over, { session: mark, subject: null }, String(before[0]));
  }

  async #deleted(name: string, fields: unknown): Promise<AppSession | null> {
    const found = foundSession(this.#deps.records, name, fields);
    if (found !== null) await this.#indexes.remove([found]);
    return found?.session ?? null;
  }

  async #change(
    name: string,
    script: string,
    args: readonly (string | number)[],
    ...others: string[]
  ): Promise<unknown> {
    const key = this.#keys.session(name);
    try {
      return await this.#deps.commands.run(script, [key, ...others], args);
    } finally {
      // Our own write is seen by our own next read, whenever the invalidation comes; without an answer as well.
      this.#deps.cache.drop(key);
    }
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
