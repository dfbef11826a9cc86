import type { AgentId } from "../../gateway/index.ts";
import type { Chance, Clock } from "../clock.ts";
import type { SessionStore } from "../stores/port.ts";

/** A lease that is about to end counts as ended: what it protects needs a moment to stop. */
const MARGIN_MS = 250;

export interface LeaseDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Names this instance, for whoever looks into the store. */
  readonly owner: string;
  readonly leaseMs: number;
}

/**
 * The right to poll one agent, while it lasts. Measured on this process's monotonic clock from before the store was
 * asked, so that it never outlasts what the store believes, whatever the wall clocks do.
 */
export class HeldLease {
  readonly agentId: AgentId;
  /** As the store knows it. */
  readonly owner: string;
  readonly #deps: LeaseDeps;
  #until: number;
  #renewing = false;
  #lost = false;
  #polledAt: number | null = null;
  #isTold = false;

  /** Of many agents in few round trips: those that nobody else holds. */
  static async acquire(agentIds: readonly AgentId[], deps: LeaseDeps): Promise<HeldLease[]> {
    // An owner of its own: what was sent to let an earlier lease go may arrive late, and must not let this one go.
    const owner = `${deps.owner} ${deps.chance.id()}`;
    const since = deps.clock.monotonic();
    const asked = agentIds.map((agentId) => ({ agentId, owner }));
    const taken = await deps.store.acquireLeases("poll", asked, deps.leaseMs);
    return asked.filter((_, at) => taken[at]).map(({ agentId }) => new HeldLease(agentId, owner, since, deps));
  }

  /**
   * Extends leases of one instance, in few round trips. A store that is away, or full, costs nothing yet: a lease runs on
   * until its end. Held by another, it is lost for good.
   */
  static async renew(leases: readonly HeldLease[], { store, clock, leaseMs }: LeaseDeps): Promise<void> {
    if (leases.length === 0) return;
    for (const lease of leases) lease.#renewing = true;
    const since = clock.monotonic();
    try {
      // Acquiring also extends what is held, and gets back what a restarted store has forgotten.
      const asked = leases.map(({ agentId, owner, polledAt }) => ({ agentId, owner, polledAt }));
      const taken = await store.acquireLeases("poll", asked, leaseMs);
      for (const [at, lease] of leases.entries()) {
        if (asked[at]?.polledAt) lease.#isTold = true;
        if (taken[at] === true) lease.#until = since + leaseMs;
        else if (taken[at] === false) lease.#lost = true;
      }
    } catch {
      // Tried again at the next round.
    } finally {
      for (const lease of leases) lease.#renewing = false;
    }
  }

  private constructor(agentId: AgentId, owner: string, since: number, deps: LeaseDeps) {
    this.agentId = agentId;
    this.owner = owner;
    this.#deps = deps;
    this.#until = since + deps.leaseMs;
  }

  /**
   * Milliseconds that are left; never negative.
   *
   * @param now read once by who asks many of them
   */
  left(now: number = this.#deps.clock.monotonic()): number {
    return this.#lost ? 0 : Math.max(0, this.#until - MARGIN_MS - now);
  }

  outlasts(ms: number): boolean {
    return this.left() > ms;
  }

  /** The first poll that was answered is told at once, so that the other instances know that it works. */
  renewalDue(now: number = this.#deps.clock.monotonic()): boolean {
    if (this.#renewing || this.#lost) return false;
    return (this.#polledAt !== null && !this.#isTold) || this.#until - now < (this.#deps.leaseMs * 2) / 3;
  }

  /** When the gateway last answered a poll under it well, in epoch milliseconds; null: not yet. The others learn it with a renewal. */
  get polledAt(): number | null {
    return this.#polledAt;
  }

  polled(at: number): void {
    this.#polledAt = at;
  }

  /**
   * Whether it still is held, by what the store has just said of its holder: a machine that stood still, its clocks too,
   * knows nothing of it by itself. What nobody holds any more is taken again, unless the store takes no more.
   */
  async isHeldBy(holder: string | null): Promise<boolean> {
    if (holder === null) await HeldLease.renew([this], this.#deps);
    else if (holder !== this.owner) this.#lost = true;
    return !this.#lost;
  }

  async release(): Promise<void> {
    this.#lost = true;
    await this.#deps.store.releaseLease({ kind: "poll", agentId: this.agentId }, this.owner).catch(() => undefined);
  }
}
