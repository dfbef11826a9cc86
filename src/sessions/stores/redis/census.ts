import type { Records } from "../records.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { recordsIn } from "./record-scan.ts";
import * as scripts from "./scripts.ts";

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly records: Records;
}

/**
 * A walk over all records, at the start and whenever Redis is back: what an older key has sealed comes under the newest one,
 * so that the older can be taken out of SESSION_KEYS.
 */
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
    const { commands, keys, records } = this.#deps;
    for await (const found of recordsIn(commands, keys)) {
      const fields = await commands.hashes(
        found.map(({ key }) => key),
        ["sealed"],
      );
      for (const [at, record] of found.entries()) {
        const sealed = fields[at]?.[0];
        if (typeof sealed !== "string" || records.tried(record, sealed) !== "opens") continue;
        const resealed = records.underNewestKey(record, sealed);
        if (resealed !== null) await commands.run(scripts.reseal, [record.key], [sealed, resealed]);
      }
    }
  }
}
