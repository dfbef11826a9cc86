import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Lease } from "../port.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import * as scripts from "./scripts.ts";

/** Leases and living instances by the clock of Redis. */
export class RedisLeases {
  readonly #commands: Link;
  readonly #keys: Keys;

  constructor(commands: Link, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async acquire(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    return (await this.#commands.run(scripts.acquireLease, [this.#keys.lease(lease)], [owner, ttlMs])) === 1;
  }

  async release(lease: Lease, owner: string): Promise<void> {
    await this.#commands.run(scripts.releaseLease, [this.#keys.lease(lease)], [owner]);
  }

  async unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    const holders = await this.#commands.getMany(agentIds.map((agentId) => this.#keys.lease({ kind, agentId })));
    return agentIds.filter((_, at) => holders[at] === null);
  }

  async announce(owner: string, ttlMs: number): Promise<number> {
    return Number(await this.#commands.run(scripts.announceInstance, [this.#keys.instances], [owner, ttlMs]));
  }
}
