import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AppSession, SessionKey } from "../../model.ts";
import type { SessionPage, SessionQuery } from "../port.ts";
import { RecentlyUsed } from "../recently-used.ts";
import { type Records, sessionName } from "../records.ts";
import { entryText, type IndexEntry, isOfThePast, type Keys, newGeneration, parseEntry } from "./keys.ts";
import type { Link } from "./link.ts";
import type { RecordCache } from "./record-cache.ts";
import { readFields } from "./record-fields.ts";
import * as scripts from "./scripts.ts";

const MOST_NAMES = 20_000;
const FIELDS = ["sealed", "used", "generation"];

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  /** The connection whose reads are tracked. */
  readonly reads: Link;
  readonly cache: RecordCache<AppSession>;
  readonly records: Records;
  readonly clock: Clock;
}

/** A session as it was found. */
interface Found {
  readonly session: AppSession;
  readonly generation: string;
}

/** App sessions in Redis: a hash each, and sorted sets by agent, by subject and of all, in the order of their names. */
export class RedisAppSessions {
  readonly #deps: Deps;
  readonly #keys: Keys;
  /** A name is a digest; those in use are remembered. */
  readonly #names = new RecentlyUsed<string, string>(MOST_NAMES);

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#keys = deps.keys;
  }

  get(key: SessionKey): Promise<AppSession | null> {
    const name = this.#nameOf(key);
    return this.#deps.cache.read(this.#keys.session(name), false, () => this.#load(name));
  }

  async put(session: AppSession): Promise<AppSession | null> {
    const name = sessionName(session);
    const generation = newGeneration(this.#deps.clock.wall());
    await this.#addEntries(session, { name, generation });
    const sealed = this.#deps.records.sealSession(session);
    const before = this.#opened(
      name,
      await this.#change(name, scripts.putSession, [sealed, session.lastUsedAt, generation]),
    );
    if (before !== null) await this.#removeEntries(before.session, { name, generation: before.generation });
    return before?.session ?? null;
  }

  async touch(key: SessionKey, lastUsedAt: number): Promise<boolean> {
    return (await this.#change(this.#nameOf(key), scripts.touchSession, [lastUsedAt])) === 1;
  }

  async delete(key: SessionKey, ifLastUsedAt: number): Promise<AppSession | null> {
    const name = this.#nameOf(key);
    const before = this.#opened(name, await this.#change(name, scripts.deleteSession, [ifLastUsedAt]));
    if (before !== null) await this.#removeEntries(before.session, { name, generation: before.generation });
    return before?.session ?? null;
  }

  async ofAgent(agentId: AgentId): Promise<AppSession[]> {
    const index = this.#keys.sessionsOfAgent(agentId);
    const entries = await this.#deps.commands.send(index, ["ZRANGE", index, "0", "-1"]);
    return (await this.#follow(index, entries)).filter((session) => session.agentId === agentId);
  }

  async list({ subject, agentId, after, limit }: SessionQuery): Promise<SessionPage> {
    const index =
      agentId !== undefined
        ? this.#keys.sessionsOfAgent(agentId)
        : subject !== undefined
          ? this.#keys.sessionsOfSubject(subject)
          : this.#keys.allSessions;
    const belongs = (session: AppSession) =>
      (agentId === undefined || session.agentId === agentId) && (subject === undefined || session.subject === subject);

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

  #opened(name: string, fields: unknown): Found | null {
    if (!Array.isArray(fields) || fields[0] === null) return null;
    const session = this.#deps.records.openSession(name, fields[0], fields[1]);
    return session === null ? null : { session, generation: String(fields[2]) };
  }

  async #change(name: string, script: string, args: readonly (string | number)[]): Promise<unknown> {
    const key = this.#keys.session(name);
    try {
      return await this.#deps.commands.run(script, [key], args);
    } finally {
      // Our own write is seen by our own next read, whenever the invalidation comes; without an answer as well.
      this.#deps.cache.drop(key);
    }
  }

  async #addEntries(session: AppSession, entry: IndexEntry): Promise<void> {
    await Promise.all(
      this.#indexesOf(session).map((index) => this.#deps.commands.send(index, ["ZADD", index, "0", entryText(entry)])),
    );
  }

  /** What stays when this fails is of no session, and readers pass over it. */
  async #removeEntries(session: AppSession, entry: IndexEntry): Promise<void> {
    await Promise.allSettled(
      this.#indexesOf(session).map((index) => this.#deps.commands.send(index, ["ZREM", index, entryText(entry)])),
    );
  }

  #indexesOf({ agentId, subject }: AppSession): string[] {
    const both = [this.#keys.allSessions, this.#keys.sessionsOfAgent(agentId)];
    return subject === null ? both : [...both, this.#keys.sessionsOfSubject(subject)];
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
