import type { AgentId } from "../../gateway/identifiers.ts";
import type { Clock } from "../clock.ts";
import type { InstanceReport, Lease } from "./port.ts";

interface Held {
  readonly owner: string;
  /** A reading of the monotonic clock, in milliseconds: a leap of the wall clock neither ends nor stretches a lease. */
  readonly until: number;
  readonly polledAt: number | null;
}

interface Living {
  readonly until: number;
  readonly able: boolean;
  readonly answeredAt: number | null;
}

/** Leases and living instances where one process has the whole store: in memory, gone with the process. */
export class ProcessLeases {
  readonly #held = new Map<string, Held>();
  readonly #instances = new Map<string, Living>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  acquire(lease: Lease, owner: string, ttlMs: number, polledAt?: number | null): boolean {
    const holder = this.#holder(lease);
    if (holder !== undefined && holder !== owner) return false;
    const told = (polledAt && Math.round(polledAt)) || this.#held.get(name(lease))?.polledAt || null;
    this.#held.set(name(lease), { owner, until: this.#clock.monotonic() + ttlMs, polledAt: told });
    return true;
  }

  lastPolls(agentIds: readonly AgentId[]): ReadonlyMap<AgentId, number> {
    const told = agentIds.map(
      (agentId) => [agentId, this.#held.get(name({ kind: "poll", agentId }))?.polledAt ?? 0] as const,
    );
    return new Map(told.filter(([, time]) => time > 0));
  }

  release(lease: Lease, owner: string): void {
    if (this.#holder(lease) === owner) this.#held.delete(name(lease));
  }

  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): AgentId[] {
    return agentIds.filter((agentId) => this.#holder({ kind, agentId }) === undefined);
  }

  holder(lease: Lease): string | null {
    return this.#holder(lease) ?? null;
  }

  announce({ owner, able, answeredAgoMs }: InstanceReport, ttlMs: number): InstanceReport[] {
    const now = this.#clock.monotonic();
    this.#instances.set(owner, {
      until: now + ttlMs,
      able,
      answeredAt: answeredAgoMs === null ? null : now - answeredAgoMs,
    });
    return this.instances();
  }

  instances(): InstanceReport[] {
    const now = this.#clock.monotonic();
    for (const [owner, { until }] of this.#instances) if (until <= now) this.#instances.delete(owner);
    return [...this.#instances].map(([owner, { able, answeredAt }]) => ({
      owner,
      able,
      answeredAgoMs: answeredAt === null ? null : now - answeredAt,
    }));
  }

  #holder(lease: Lease): string | undefined {
    const held = this.#held.get(name(lease));
    if (held === undefined || held.until > this.#clock.monotonic()) return held?.owner;
    this.#held.delete(name(lease));
    return undefined;
  }
}

const name = ({ kind, agentId }: Lease): string => `${kind} ${agentId}`;
