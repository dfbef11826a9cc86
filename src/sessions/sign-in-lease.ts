import type { AgentId } from "../gateway/index.ts";
import type { Chance, Clock } from "./clock.ts";
import { LaterReleases } from "./later-releases.ts";
import { LeaseQueue } from "./lease-queue.ts";
import { LeaseRenewal } from "./lease-renewal.ts";
import type { SessionStore } from "./stores/port.ts";

/** Far below the two minutes after which the gateway signs out whom nobody polls. */
const POLL_AGAIN_MS = 3_000;
/** Short, so that a killed process keeps nobody from its agent for long; renewed for as long as the work lasts. */
const LEASE_MS = 5_000;

interface Deps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** What whoever holds an agent's sign-in lease can do with it. */
export interface Turn {
  /** Asks the store whether it still is: before anything is written after a long wait. Rejects while nobody can tell. */
  isHeld(): Promise<boolean>;
  /** Whether it lasts by this process' own clock: before the gateway is told anything, since a machine may have stood still. */
  lasts(): boolean;
  /**
   * Lets this process go on polling the agent where the work takes long: its Guid may live. Not at once, since most are answered
   * soon, and a poll that begins just then is refused.
   */
  letPoll<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Sign-in and sign-out of one agent never overlap, in the whole fleet: the gateway's reference forbids to call either
 * before the other has answered (pages 1202, 1219). Binding and ending sessions take the same lease, so that nothing
 * moves while one of them looks.
 */
export class SignInLeases {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #chance: Chance;
  /** Those who hold the lease here and begin no poll meanwhile. */
  readonly #held = new Map<AgentId, Turn>();
  /** Of the agents whose lease somebody here holds or waits for. */
  readonly #queues = new Map<AgentId, LeaseQueue>();
  readonly #later: LaterReleases;

  constructor({ store, clock, chance }: Deps) {
    this.#store = store;
    this.#clock = clock;
    this.#chance = chance;
    this.#later = new LaterReleases(store, clock, LEASE_MS);
  }

  /** Whether this process is signing the agent in or out at this moment: no new poll is begun meanwhile. */
  isHeldHere(agentId: AgentId): boolean {
    return this.#held.has(agentId);
  }

  /**
   * Waits up to `waitMs` for its turn; past that throws `sign-in-in-progress`. The lease lasts as long as the work. Callers
   * of this process follow each other in the order in which they came.
   */
  async during<T>(agentId: AgentId, waitMs: number, work: (turn: Turn) => Promise<T>): Promise<T> {
    const queue = this.#queues.get(agentId) ?? new LeaseQueue(this.#clock);
    this.#queues.set(agentId, queue);
    try {
      return await this.#inTurn(agentId, queue, waitMs, work);
    } finally {
      // Where a lease was lost here, a queue may have been empty, and have got a successor, before.
      if (queue.isEmpty && this.#queues.get(agentId) === queue) this.#queues.delete(agentId);
    }
  }

  async #inTurn<T>(agentId: AgentId, queue: LeaseQueue, waitMs: number, work: (turn: Turn) => Promise<T>): Promise<T> {
    const lease = { kind: "sign-in", agentId } as const;
    const owner = this.#chance.id();
    const place = await queue.join(waitMs);
    let since = 0;
    const acquired = async (): Promise<boolean> => {
      since = this.#clock.monotonic();
      try {
        return await this.#store.acquireLease(lease, owner, LEASE_MS);
      } catch (error) {
        this.#later.add(agentId, owner);
        throw error;
      }
    };
    let renewal: LeaseRenewal;
    let letGo: () => void;
    try {
      while (!(await place.look(acquired))) {
        await place.pause();
      }
      renewal = new LeaseRenewal(this.#clock, { since, lastsMs: LEASE_MS }, async () => {
        // Unlike the first time, also by a store that is full.
        const [taken] = await this.#store.acquireLeases("sign-in", [{ agentId, owner }], LEASE_MS);
        return taken !== false;
      });
      letGo = queue.hold(renewal);
    } finally {
      place.leave();
    }
    const turn: Turn = {
      isHeld: () => renewal.now(),
      lasts: () => renewal.lasts(),
      letPoll: async (meanwhile) => {
        const callOff = this.#clock.after(POLL_AGAIN_MS, () => this.#letPolls(agentId, turn));
        try {
          return await meanwhile();
        } finally {
          callOff();
          this.#held.set(agentId, turn);
        }
      },
    };
    this.#held.set(agentId, turn);
    try {
      return await work(turn);
    } finally {
      this.#letPolls(agentId, turn);
      await renewal.end();
      const isReleased = await this.#store.releaseLease(lease, owner).then(
        () => true,
        () => false,
      );
      if (!isReleased || renewal.isInDoubt) this.#later.add(agentId, owner);
      letGo();
    }
  }

  /** Unless the lease was lost, and another one here has it. */
  #letPolls(agentId: AgentId, turn: Turn): void {
    if (this.#held.get(agentId) === turn) this.#held.delete(agentId);
  }
}
