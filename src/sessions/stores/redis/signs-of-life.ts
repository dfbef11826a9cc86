import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { readFields } from "./record-fields.ts";
import * as scripts from "./scripts.ts";

/** Whether Redis does for us what we need of it, and what time it is there. */
export class SignsOfLife {
  readonly #commands: Link;
  readonly #reads: Link;
  readonly #keys: Keys;

  constructor(commands: Link, reads: Link, keys: Keys) {
    this.#commands = commands;
    this.#reads = reads;
    this.#keys = keys;
  }

  /** Epoch milliseconds. */
  async time(): Promise<number> {
    const answer = await this.#commands.send(this.#keys.probe, ["TIME"]);
    const [seconds, microseconds] = Array.isArray(answer) ? answer.map(Number) : [];
    return (seconds ?? Number.NaN) * 1_000 + Math.floor((microseconds ?? 0) / 1_000);
  }

  /** Not the connection for messages: nothing correct depends on one. */
  async read(): Promise<void> {
    const { probe } = this.#keys;
    await Promise.all([readFields(this.#reads, probe, ["sealed"]), this.#commands.hashes([probe], ["sealed"])]);
  }

  async write(): Promise<void> {
    await this.#commands.run(scripts.probe, [this.#keys.probe], [this.#keys.probeChannel]);
  }
}
