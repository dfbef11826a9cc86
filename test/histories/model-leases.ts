import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { InstanceReport, Lease, LeaseRequest } from "../../src/sessions/stores/port.ts";
import type { Journal } from "./journal.ts";

export interface Timed<T> {
  readonly value: T;
  /** By the store's own clock, in ms. */
  readonly until: number;
}

interface Report extends Omit<InstanceReport, "answeredAgoMs"> {
  readonly answeredAt: number | null;
}

const leaseName = ({ kind, agentId }: Lease): string => `${kind} ${agentId}`;

/** Leases and living instances in the modelled store. */
export class ModelLeases {
  readonly #leases = new Map<string, Timed<string>>();
  readonly #reports = new Map<string, Timed<Report>>();
  /** When each agent was polled last, as its holder told. Wall clock, in ms. */
  readonly #polls = new Map<AgentId, number>();
  readonly #journal: Journal;
  readonly #now: () => number;

  constructor(journal: Journal, now: () => number) {
    this.#journal = journal;
    this.#now = now;
  }

  holder(lease: Lease): string | null {
    const found = this.#leases.get(leaseName(lease));
    return found !== undefined && found.until > this.#now() ? found.value : null;
  }

  acquire(lease: Lease, owner: string, ttlMs: number): boolean {
    const holder = this.holder(lease);
    if (holder !== null && holder !== owner) return false;
    this.#journal.set(this.#leases, leaseName(lease), { value: owner, until: this.#now() + ttlMs });
    return true;
  }

  /** @param extendsOnly a store that is full takes no new one */
  acquireMany(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number, extendsOnly: boolean) {
    return asked.map(({ agentId, owner, polledAt }): boolean | null => {
      const lease = { kind, agentId };
      if (extendsOnly && this.holder(lease) === null) return null;
      if (!this.acquire(lease, owner, ttlMs)) return false;
      if (polledAt) this.#journal.set(this.#polls, agentId, Math.round(polledAt));
      return true;
    });
  }

  lastPolls(agentIds: readonly AgentId[]): ReadonlyMap<AgentId, number> {
    return new Map(
      agentIds.map((agentId) => [agentId, this.#polls.get(agentId) ?? 0] as const).filter(([, at]) => at > 0),
    );
  }

  release(lease: Lease, owner: string): void {
    if (this.holder(lease) === owner) this.#journal.delete(this.#leases, leaseName(lease));
  }

  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): AgentId[] {
    return agentIds.filter((agentId) => this.holder({ kind, agentId }) === null);
  }

  announce({ answeredAgoMs, ...report }: InstanceReport, ttlMs: number): InstanceReport[] {
    const now = this.#now();
    const answeredAt = answeredAgoMs === null ? null : now - answeredAgoMs;
    this.#journal.set(this.#reports, report.owner, { value: { ...report, answeredAt }, until: now + ttlMs });
    return this.instances();
  }

  instances(): InstanceReport[] {
    const now = this.#now();
    return [...this.#reports.values()]
      .filter(({ until }) => until > now)
      .map(({ value: { answeredAt, ...report } }) => ({
        ...report,
        answeredAgoMs: answeredAt === null ? null : now - answeredAt,
      }));
  }

  clear(): void {
    this.#leases.clear();
    this.#reports.clear();
    this.#polls.clear();
  }
}
