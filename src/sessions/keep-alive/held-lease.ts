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
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #owner: string;
  readonly #ttlMs: number;
  #until: number;
  #renewing = false;
  #lost = false;

  static async acquire(agentId: AgentId, deps: LeaseDeps): Promise<HeldLease | null> {
    // An owner of its own: what was sent to let an earlier lease go may arrive late, and must not let this one go.
    const owner = `${deps.owner} ${deps.chance.id()}`;
    const asked = deps.clock.monotonic();
    const held = await deps.store.acquireLease({ kind: "poll", agentId }, owner, deps.leaseMs);
    return held ? new HeldLease(agentId, owner, asked, deps) : null;
  }

  private constructor(agentId: AgentId, owner: string, asked: number, { store, clock, leaseMs }: LeaseDeps) {
    this.agentId = agentId;
    this.#store = store;
    this.#clock = clock;
    this.#owner = owner;
    this.#ttlMs = leaseMs;
    this.#until = asked + leaseMs;
  }

  /** Milliseconds that are left; never negative. */
  left(): number {
    return this.#lost ? 0 : Math.max(0, this.#until - MARGIN_MS - this.#clock.monotonic());
  }

  outlasts(ms: number): boolean {
    return this.left() > ms;
  }

  renewalDue(): boolean {
    return !this.#renewing && !this.#lost && this.#until - this.#clock.monotonic() < (this.#ttlMs * 2) / 3;
  }

  /** A store that is away costs nothing yet: the lease runs on until its end. Held by another, it is lost for good. */
  async renew(): Promise<void> {
    this.#renewing = true;
    const asked = this.#clock.monotonic();
    try {
      // Acquiring also extends what is held, and gets back what a restarted store has forgotten.
      const held = await this.#store.acquireLease({ kind: "poll", agentId: this.agentId }, this.#owner, this.#ttlMs);
      if (held) this.#until = asked + this.#ttlMs;
      else this.#lost = true;
    } catch {
      // Tried again at the next round.
    } finally {
      this.#renewing = false;
    }
  }

  async release(): Promise<void> {
    this.#lost = true;
    await this.#store.releaseLease({ kind: "poll", agentId: this.agentId }, this.#owner).catch(() => undefined);
  }
}
