import type { AgentId } from "../../gateway/identifiers.ts";
import type { Clock } from "../clock.ts";
import type { Lease } from "./port.ts";

interface Held {
  readonly owner: string;
  /** A reading of the monotonic clock, in milliseconds: a leap of the wall clock neither ends nor stretches a lease. */
  readonly until: number;
}

/** Leases and living instances where one process has the whole store: in memory, gone with the process. */
export class ProcessLeases {
  readonly #held = new Map<string, Held>();
  readonly #instances = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  acquire(lease: Lease, owner: string, ttlMs: number): boolean {
    const holder = this.#holder(lease);
    if (holder !== undefined && holder !== owner) return false;
    this.#held.set(name(lease), { owner, until: this.#clock.monotonic() + ttlMs });
    return true;
  }

  release(lease: Lease, owner: string): void {
    if (this.#holder(lease) === owner) this.#held.delete(name(lease));
  }

  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): AgentId[] {
    return agentIds.filter((agentId) => this.#holder({ kind, agentId }) === undefined);
  }

  announce(owner: string, ttlMs: number): number {
    const now = this.#clock.monotonic();
    this.#instances.set(owner, now + ttlMs);
    for (const [instance, until] of this.#instances) if (until <= now) this.#instances.delete(instance);
    return this.#instances.size;
  }

  #holder(lease: Lease): string | undefined {
    const held = this.#held.get(name(lease));
    if (held === undefined || held.until > this.#clock.monotonic()) return held?.owner;
    this.#held.delete(name(lease));
    return undefined;
  }
}

const name = ({ kind, agentId }: Lease): string => `${kind} ${agentId}`;
