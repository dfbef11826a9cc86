import type { CorruptReports } from "../corrupt-reports.ts";
import { isWrongType } from "./faults.ts";
import type { Link } from "./link.ts";
import * as scripts from "./scripts.ts";

/** What we keep under a name, in the words of Redis. */
type Kind = "zset" | "string" | "hash" | "stream";

interface Deps {
  readonly commands: Link;
  readonly reports: CorruptReports;
  /** An index stood there, perhaps: what it had is to be found by other means. */
  readonly indexLost: () => Promise<void>;
}

/**
 * What stands under one of our names by mistake, of another type than ours: it is told once and makes room, so that it is in
 * nobody's way. What is ours is always written again, or found again by a walk over the records.
 */
export class Strays {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Does what it is given to do with the key; once more where something of another type was there. */
  async clearing<T>(key: string, kind: Kind, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!isWrongType(error)) throw error;
    }
    this.#deps.reports.report({ kind: "key", name: key, why: "damaged" }, kind);
    await this.#deps.commands.run(scripts.dropUnless, [key], [kind]);
    if (kind === "zset") await this.#deps.indexLost();
    return action();
  }
}
