import type { CallOff, Chance, Clock } from "../../clock.ts";
import type { Records } from "../records.ts";
import { backOff } from "./dial.ts";
import type { Installation } from "./installation.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { type FoundRecord, recordsIn } from "./record-scan.ts";
import { ASKED } from "./scripts.ts";

/** Doubling, up to what docs/operations.md says that has to pass before an older key is taken out. */
const PAUSES = { firstMs: 5_000, longestMs: 600_000 };

/** KEYS records → the first letters of what each has sealed, which name the key; empty for what has nothing. */
const sealHeads = `${ASKED}
local heads = {}
for at, key in ipairs(KEYS) do
  local sealed = (asked('HMGET', key, 'sealed') or {})[1]
  heads[at] = sealed and string.sub(sealed, 1, 8) or ''
end
return heads`;

/** KEYS records · ARGV of each the sealed text that was read, a space, the same under another key → 1 or 0 of each. */
const reseal = `${ASKED}
local done = {}
for at, key in ipairs(KEYS) do
  local before, after = string.match(ARGV[at], '^(%S+) (%S+)$')
  local isThere = (asked('HMGET', key, 'sealed') or {})[1] == before
  if isThere then redis.call('HSET', key, 'sealed', after) end
  done[at] = isThere and 1 or 0
end
return done`;

interface Deps {
  readonly commands: Link;
  readonly keys: Keys;
  readonly records: Records;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly chance: Pick<Chance, "random">;
}

/**
 * Brings what an older key has sealed under the newest one, so that the older can be taken out of SESSION_KEYS: at the start,
 * whenever Redis is back, and again and again, since an instance that has the older one first may end long after that. For
 * where there is more than one key: a site that changes none never looks.
 */
export class OlderKeys {
  readonly #deps: Deps;
  #looks = 0;
  #underWay: Promise<void> | undefined;
  #dropNext: CallOff = () => undefined;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** With each new connection. */
  start(): void {
    this.#looks = 0;
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#dropNext();
  }

  async #look(): Promise<void> {
    const { clock, chance } = this.#deps;
    // One that cannot be carried on is begun anew with the next connection, or after the pause.
    this.#underWay ??= this.#walk()
      .catch(() => undefined)
      .finally(() => {
        this.#underWay = undefined;
      });
    await this.#underWay;
    this.#dropNext();
    if (this.#closed) return;
    this.#dropNext = clock.after(backOff(this.#looks++, chance, PAUSES), () => void this.#look());
  }

  async #walk(): Promise<void> {
    const { commands, keys, installation } = this.#deps;
    await commands.use((connection) => installation.prove(connection));
    for await (const found of recordsIn(commands, keys)) {
      const older = await this.#underOlderKeys(found);
      if (older.length > 0) await this.#bringUnderNewest(older);
    }
  }

  /** By the first letters of what is sealed alone: there mostly are none. */
  async #underOlderKeys(found: readonly FoundRecord[]): Promise<FoundRecord[]> {
    const { commands, records } = this.#deps;
    const names = found.map(({ key }) => key);
    const heads = await commands.runEach(sealHeads, names, []);
    return found.filter((_, at) => !records.isUnderNewestKey(String(heads[at])));
  }

  async #bringUnderNewest(older: readonly FoundRecord[]): Promise<void> {
    const { commands, records } = this.#deps;
    const fields = await commands.hashes(
      older.map(({ key }) => key),
      ["sealed"],
    );
    const changes = older.flatMap((record, at) => {
      const sealed = fields[at]?.[0];
      const resealed = typeof sealed === "string" ? records.underNewestKey(record, sealed) : null;
      return resealed === null ? [] : [{ key: record.key, change: `${sealed} ${resealed}` }];
    });
    const names = changes.map(({ key }) => key);
    const each = changes.map(({ change }) => change);
    await commands.runEach(reseal, names, [], each);
  }
}
