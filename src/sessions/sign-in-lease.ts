import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Chance, Clock } from "./clock.ts";
import type { Lease, SessionStore } from "./stores/port.ts";

const LOOK_AGAIN_MS = 25;
const RELEASE_AGAIN_MS = 500;

interface Deps {
  readonly store: SessionStore;
  /** The deadline of one gateway operation; the lease outlasts the four that can be made under it. */
  readonly gatewayTimeoutMs: number;
  readonly clock: Clock;
  readonly chance: Chance;
}

/**
 * Sign-in and sign-out of one agent never overlap, in the whole fleet: the gateway's reference forbids to call either
 * before the other has answered (pages 1202, 1219). Binding and ending sessions take the same lease, so that nothing
 * moves while one of them looks.
 */
export class SignInLeases {
  readonly #store: SessionStore;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #held = new Set<AgentId>();

  constructor({ store, gatewayTimeoutMs, clock, chance }: Deps) {
    this.#store = store;
    this.#ttlMs = gatewayTimeoutMs * 4 + 5_000;
    this.#clock = clock;
    this.#chance = chance;
  }

  /** Whether this process is signing the agent in or out at this moment: no new poll is begun meanwhile. */
  isHeldHere(agentId: AgentId): boolean {
    return this.#held.has(agentId);
  }

  /** Waits up to `waitMs` for its turn; past that throws `sign-in-in-progress`. */
  async during<T>(agentId: AgentId, waitMs: number, work: () => Promise<T>): Promise<T> {
    const lease = { kind: "sign-in", agentId } as const;
    const owner = this.#chance.id();
    const until = this.#clock.monotonic() + waitMs;
    const acquired = () =>
      this.#store.acquireLease(lease, owner, this.#ttlMs).catch((error: unknown) => {
        this.#releaseLater(lease, owner);
        throw error;
      });
    while (!(await acquired())) {
      if (this.#clock.monotonic() >= until) throw new Problem("sign-in-in-progress");
      await this.#clock.wait(LOOK_AGAIN_MS);
    }
    this.#held.add(agentId);
    try {
      return await work();
    } finally {
      this.#held.delete(agentId);
      await this.#store.releaseLease(lease, owner).catch(() => this.#releaseLater(lease, owner));
    }
  }

  /**
   * A store that hangs may carry out what it has not answered, and would keep everybody from the agent until the lease is
   * over. Nobody else has this owner, so to release once too often does no harm.
   */
  #releaseLater(lease: Lease, owner: string): void {
    const until = this.#clock.monotonic() + this.#ttlMs;
    // Once more than needed, since what was not answered may arrive after the first.
    let toRelease = 2;
    const release = async (): Promise<void> => {
      await this.#store.releaseLease(lease, owner).then(
        () => toRelease--,
        () => undefined,
      );
      if (toRelease > 0 && this.#clock.monotonic() < until) this.#clock.after(RELEASE_AGAIN_MS, release);
    };
    this.#clock.after(RELEASE_AGAIN_MS, release);
  }
}
