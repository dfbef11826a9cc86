import type { AgentId } from "../gateway/index.ts";
import type { Clock } from "./clock.ts";
import type { SessionStore } from "./stores/port.ts";

const RELEASE_AGAIN_MS = 500;

interface Owner {
  readonly owner: string;
  /** By then its lease is over by itself. */
  readonly until: number;
  /** Once more than needed, since what was not answered may arrive after the first. */
  toRelease: number;
}

/**
 * A store that hangs may carry out what it has not answered, and would keep everybody from the agent until the lease is
 * over. Nobody else has such an owner, so to release once too often does no harm. One command of an agent at a time, and
 * while the store is away one every half second, however many have asked in vain.
 */
export class LaterReleases {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #owners = new Map<AgentId, Owner[]>();

  /** @param leaseMs how long a sign-in lease lasts */
  constructor(store: SessionStore, clock: Clock, leaseMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  add(agentId: AgentId, owner: string): void {
    const one = { owner, until: this.#clock.monotonic() + this.#leaseMs, toRelease: 2 };
    const owners = this.#owners.get(agentId);
    if (owners !== undefined) {
      owners.push(one);
      return;
    }
    this.#owners.set(agentId, [one]);
    this.#next(agentId);
  }

  #next(agentId: AgentId): void {
    this.#clock.after(RELEASE_AGAIN_MS, async () => {
      await this.#release(agentId, [...(this.#owners.get(agentId) ?? [])]).catch(() => undefined);
      const left = (this.#owners.get(agentId) ?? []).filter(
        ({ until, toRelease }) => toRelease > 0 && until > this.#clock.monotonic(),
      );
      if (left.length === 0) {
        this.#owners.delete(agentId);
        return;
      }
      this.#owners.set(agentId, left);
      this.#next(agentId);
    });
  }

  /** Rejects with the first that the store does not take. */
  async #release(agentId: AgentId, owners: readonly Owner[]): Promise<void> {
    for (const one of owners) {
      if (one.until <= this.#clock.monotonic()) continue;
      await this.#store.releaseLease({ kind: "sign-in", agentId }, one.owner);
      one.toRelease -= 1;
    }
  }
}
