import type { StoreNotices } from "../notices.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";

const EVICTS =
  "Redis has maxmemory-policy %: once its memory is full it throws away what it was given, sessions and leases too. Set noeviction.";
const FORGETS =
  "Redis keeps nothing on its disk (appendonly no, and save is empty): its restart ends every session. Set appendonly yes.";

/**
 * Looks whether Redis is set up to keep what it is given. `INFO` and `CONFIG GET` are no rights that the service needs, and hosted
 * Redis may lack them: of what it may not see it says nothing.
 */
export class DoubtfulSettings {
  readonly #commands: Link;
  readonly #keys: Keys;
  readonly #notices: StoreNotices;
  readonly #told = new Set<string>();

  constructor(commands: Link, keys: Keys, notices: StoreNotices) {
    this.#commands = commands;
    this.#keys = keys;
    this.#notices = notices;
  }

  /** For each new connection: after a failover another server may answer. Each sentence is told once. */
  async look(): Promise<void> {
    const [memory, persistence, save] = await Promise.all([
      this.#info("memory"),
      this.#info("persistence"),
      this.#setting("save"),
    ]);
    const policy = memory.get("maxmemory_policy") ?? "noeviction";
    if (policy !== "noeviction" && /^[a-z-]{1,32}$/.test(policy)) this.#tell(EVICTS.replace("%", policy));
    if (persistence.get("aof_enabled") === "0" && save === "") this.#tell(FORGETS);
  }

  #tell(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#notices.doubtful(sentence);
  }

  async #info(section: string): Promise<ReadonlyMap<string, string>> {
    const text = String((await this.#ask("INFO", section)) ?? "");
    const pairs = text.split(/\r?\n/).map((line) => line.split(":", 2));
    return new Map(pairs.map(([name = "", value = ""]) => [name, value]));
  }

  /** Null where it cannot be known. */
  async #setting(name: string): Promise<string | null> {
    const answer = await this.#ask("CONFIG", "GET", name);
    const value = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : null;
    return typeof value === "string" ? value : null;
  }

  #ask(...command: string[]): Promise<unknown> {
    return this.#commands.send(this.#keys.probe, command).catch(() => null);
  }
}
