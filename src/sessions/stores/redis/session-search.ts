import type { AgentId } from "../../../gateway/identifiers.ts";
import type { AppSession } from "../../model.ts";
import type { Unreadable } from "../port.ts";
import type { Records } from "../records.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { recordsIn } from "./record-scan.ts";
import { type FoundSession, foundSession, SESSION_FIELDS, type SessionIndexes } from "./session-indexes.ts";

type Found = AppSession | Unreadable;

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly indexes: SessionIndexes;
  readonly records: Records;
}

/**
 * Finds the sessions of an agent by a walk over all there are, for when an index shows none: with a failover it may have lost
 * what was written to it last. Asking is rare and a walk is long, so whoever asks meanwhile shares the next one.
 */
export class SessionSearch {
  readonly #deps: Deps;
  readonly #wanted = new Map<AgentId, Found[]>();
  #next: Promise<void> | null = null;
  #walking: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async find(agentId: AgentId): Promise<readonly Found[]> {
    const found = this.#wanted.get(agentId) ?? [];
    this.#wanted.set(agentId, found);
    this.#next ??= this.#walking
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        const wanted = new Map(this.#wanted);
        this.#wanted.clear();
        this.#walking = this.#walk(wanted);
        return this.#walking;
      });
    await this.#next;
    return found;
  }

  /** Gives the indexes back what they have lost of these agents. */
  async #walk(wanted: ReadonlyMap<AgentId, Found[]>): Promise<void> {
    const { commands, keys, indexes, records } = this.#deps;
    const again: FoundSession[] = [];
    for await (const portion of recordsIn(commands, keys)) {
      const sessions = portion.filter(({ kind }) => kind === "session");
      const fields = await commands.hashes(
        sessions.map(({ key }) => key),
        [...SESSION_FIELDS, "agent"],
      );
      for (const [at, { name }] of sessions.entries()) {
        const agentId = fields[at]?.[3];
        // An earlier release did not write whose it is beside what is sealed.
        if (typeof agentId === "string" && !wanted.has(agentId as AgentId)) continue;
        const found = foundSession(records, name, fields[at]);
        if (found === null) continue;
        if (typeof found === "string") {
          if (typeof agentId === "string") wanted.get(agentId as AgentId)?.push(found);
          continue;
        }
        const theirs = wanted.get(found.session.agentId);
        if (theirs === undefined) continue;
        theirs.push(found.session);
        again.push(found);
      }
    }
    await indexes.enterAgain(again);
  }
}
