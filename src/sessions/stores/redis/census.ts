import type { Records } from "../records.ts";
import { entryText, type Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { recordsIn } from "./record-scan.ts";
import { type FoundSession, foundSession, SESSION_FIELDS, type SessionIndexes } from "./session-indexes.ts";

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly records: Records;
  readonly indexes: SessionIndexes;
}

/** A walk over all records, at the start and whenever Redis is back: the indexes get back what they have lost with a failover. */
export class Census {
  readonly #deps: Deps;
  #underWay: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Settles when it is over, or cannot be carried on. */
  async take(): Promise<void> {
    this.#underWay ??= this.#walk()
      .catch(() => undefined)
      .finally(() => {
        this.#underWay = undefined;
      });
    await this.#underWay;
  }

  async #walk(): Promise<void> {
    const { commands, keys, records, indexes } = this.#deps;
    for await (const found of recordsIn(commands, keys)) {
      const fields = await commands.hashes(
        found.map(({ key }) => key),
        SESSION_FIELDS,
      );
      const sessions: FoundSession[] = [];
      const agents: string[] = [];
      for (const [at, record] of found.entries()) {
        const [sealed, , generation] = fields[at] ?? [];
        if (typeof sealed !== "string" || records.tried(record, sealed) !== "opens") continue;
        if (record.kind === "agent") agents.push("0", entryText({ name: record.name, generation: String(generation) }));
        const session = record.kind === "session" ? foundSession(records, record.name, fields[at]) : null;
        if (session !== null && typeof session !== "string") sessions.push(session);
      }
      await indexes.enterAgain(sessions);
      if (agents.length > 0) await commands.send(keys.allAgents, ["ZADD", keys.allAgents, ...agents]);
    }
  }
}
