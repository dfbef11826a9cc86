import type { AppSession, Subject } from "../../model.ts";
import type { Revocations, Unreadable } from "../port.ts";
import type { Records } from "../records.ts";
import { entryText, type IndexEntry, type Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import * as scripts from "./scripts.ts";
import type { Strays } from "./strays.ts";

/** A session as it was found, with its entry in the indexes. */
export interface FoundSession {
  readonly session: AppSession;
  readonly entry: IndexEntry;
}

/** The fields of a session's hash that tell all there is to know of it, in the order in which they are read and handed out. */
export const SESSION_FIELDS: readonly string[] = ["sealed", "used", "generation"];

/**
 * Null where nothing is there.
 *
 * @param fields the values of {@link SESSION_FIELDS}, from a script or read
 */
export function foundSession(records: Records, name: string, fields: unknown): FoundSession | Unreadable | null {
  if (!Array.isArray(fields) || fields[0] === null) return null;
  const session = records.readSession(name, fields[0], fields[1]);
  return typeof session === "string" ? session : { session, entry: { name, generation: String(fields[2]) } };
}

/** By agent, by subject and of all: an entry comes before its session, and goes after it. */
export class SessionIndexes {
  readonly #commands: Link;
  readonly #keys: Keys;
  readonly #strays: Strays;

  constructor(commands: Link, keys: Keys, strays: Strays) {
    this.#commands = commands;
    this.#keys = keys;
    this.#strays = strays;
  }

  /** What an index answers to a command. */
  read(index: string, command: readonly string[]): Promise<unknown> {
    return this.#strays.clearing(index, "zset", () => this.#commands.send(index, command));
  }

  /** False when the subject has been revoked since the mark was read. */
  async add(
    { issuer, subject, agentId }: AppSession,
    entry: IndexEntry,
    { subject: mark }: Revocations,
  ): Promise<boolean> {
    const text = entryText(entry);
    const enterOfSubject = async (name: Subject): Promise<boolean> => {
      const keys = [this.#keys.sessionsOfSubject(name), this.#keys.subjectRevoked(issuer, name)] as const;
      const enter = () => this.#commands.run(scripts.enterOfSubject, [...keys], [text, mark ?? ""]);
      return (await this.#strays.clearing(keys[0], "zset", enter)) === 1;
    };
    const [entered] = await Promise.all([
      subject === null || enterOfSubject(subject),
      ...[this.#keys.allSessions, this.#keys.sessionsOfAgent(agentId)].map((index) =>
        this.read(index, ["ZADD", index, "0", text]),
      ),
    ]);
    return entered;
  }

  /** What stays when this fails is of no session, and readers pass over it. */
  async remove(found: readonly FoundSession[]): Promise<void> {
    await Promise.allSettled(
      [...this.#byIndex(found)].map(([index, entries]) => this.#commands.send(index, ["ZREM", index, ...entries])),
    );
  }

  /** For sessions that are there: what an index has lost of them with a failover. What is in it stays. */
  async enterAgain(found: readonly FoundSession[]): Promise<void> {
    await Promise.all(
      [...this.#byIndex(found)].map(([index, entries]) =>
        this.read(index, ["ZADD", index, ...entries.flatMap((entry) => ["0", entry])]),
      ),
    );
  }

  #byIndex(found: readonly FoundSession[]): ReadonlyMap<string, string[]> {
    const byIndex = new Map<string, string[]>();
    for (const { session, entry } of found) {
      for (const index of this.#of(session)) {
        const entries = byIndex.get(index) ?? [];
        entries.push(entryText(entry));
        byIndex.set(index, entries);
      }
    }
    return byIndex;
  }

  #of({ agentId, subject }: AppSession): string[] {
    const both = [this.#keys.allSessions, this.#keys.sessionsOfAgent(agentId)];
    return subject === null ? both : [...both, this.#keys.sessionsOfSubject(subject)];
  }
}
