import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Lease, SessionStore } from "./stores/port.ts";

const LOOK_AGAIN_MS = 25;
const RELEASE_AGAIN_MS = 500;

/**
 * Sign-in and sign-out of one agent never overlap, in the whole fleet: the gateway's reference forbids to call either
 * before the other has answered (pages 1202, 1219). Binding and ending sessions take the same lease, so that nothing
 * moves while one of them looks.
 */
export class SignInLeases {
  readonly #store: SessionStore;
  readonly #ttlMs: number;
  readonly #held = new Set<AgentId>();

  /** @param gatewayTimeoutMs the deadline of one gateway operation; the lease outlasts the four that can be made under it. */
  constructor(store: SessionStore, gatewayTimeoutMs: number) {
    this.#store = store;
    this.#ttlMs = gatewayTimeoutMs * 4 + 5_000;
  }

  /** Whether this process is signing the agent in or out at this moment: no new poll is begun meanwhile. */
  isHeldHere(agentId: AgentId): boolean {
    return this.#held.has(agentId);
  }

  /** Waits up to `waitMs` for its turn; past that throws `sign-in-in-progress`. */
  async during<T>(agentId: AgentId, waitMs: number, work: () => Promise<T>): Promise<T> {
    const lease = { kind: "sign-in", agentId } as const;
    const owner = randomUUID();
    const until = performance.now() + waitMs;
    const acquired = () =>
      this.#store.acquireLease(lease, owner, this.#ttlMs).catch((error: unknown) => {
        void this.#releaseLater(lease, owner);
        throw error;
      });
    while (!(await acquired())) {
      if (performance.now() >= until) throw new Problem("sign-in-in-progress");
      await wait(LOOK_AGAIN_MS);
    }
    this.#held.add(agentId);
    try {
      return await work();
    } finally {
      this.#held.delete(agentId);
      await this.#store.releaseLease(lease, owner).catch(() => void this.#releaseLater(lease, owner));
    }
  }

  /**
   * A store that hangs may carry out what it has not answered, and would keep everybody from the agent until the lease is
   * over. Nobody else has this owner, so to release once too often does no harm.
   */
  async #releaseLater(lease: Lease, owner: string): Promise<void> {
    const until = performance.now() + this.#ttlMs;
    // Once more than needed, since what was not answered may arrive after the first.
    for (let released = 0; released < 2 && performance.now() < until; ) {
      await wait(RELEASE_AGAIN_MS, undefined, { ref: false });
      await this.#store.releaseLease(lease, owner).then(
        () => released++,
        () => undefined,
      );
    }
  }
}
