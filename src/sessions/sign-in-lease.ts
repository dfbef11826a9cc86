import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { CallOff, Chance, Clock } from "./clock.ts";
import type { Lease, SessionStore } from "./stores/port.ts";

/** Far below the two minutes after which the gateway signs out whom nobody polls. */
const POLL_AGAIN_MS = 3_000;
/** Short, so that a killed process keeps nobody from its agent for long; renewed for as long as the work lasts. */
const LEASE_MS = 5_000;
const RENEWED_AFTER_MS = LEASE_MS / 3;
const LOOK_AGAIN_MS = 25;
const RELEASE_AGAIN_MS = 500;

interface Deps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** What whoever holds an agent's sign-in lease can do with it. */
export interface Turn {
  /** Asks the store whether it still is: before anything is written after a long wait. Rejects while nobody can tell. */
  isHeld(): Promise<boolean>;
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
  readonly #held = new Set<AgentId>();

  constructor({ store, clock, chance }: Deps) {
    this.#store = store;
    this.#clock = clock;
    this.#chance = chance;
  }

  /** Whether this process is signing the agent in or out at this moment: no new poll is begun meanwhile. */
  isHeldHere(agentId: AgentId): boolean {
    return this.#held.has(agentId);
  }

  /** Waits up to `waitMs` for its turn; past that throws `sign-in-in-progress`. The lease lasts as long as the work. */
  async during<T>(agentId: AgentId, waitMs: number, work: (turn: Turn) => Promise<T>): Promise<T> {
    const lease = { kind: "sign-in", agentId } as const;
    const owner = this.#chance.id();
    const until = this.#clock.monotonic() + waitMs;
    let since = 0;
    const acquired = () => {
      since = this.#clock.monotonic();
      return this.#store.acquireLease(lease, owner, LEASE_MS).catch((error: unknown) => {
        this.#releaseLater(lease, owner);
        throw error;
      });
    };
    while (!(await acquired())) {
      if (this.#clock.monotonic() >= until) throw new Problem("sign-in-in-progress");
      await this.#clock.wait(LOOK_AGAIN_MS);
    }
    const renewal = new Renewal(this.#clock, since, async () => {
      // Unlike the first time, also by a store that is full.
      const [taken] = await this.#store.acquireLeases("sign-in", [{ agentId, owner }], LEASE_MS);
      return taken !== false;
    });
    this.#held.add(agentId);
    try {
      return await work({
        isHeld: () => renewal.now(),
        letPoll: async (meanwhile) => {
          const callOff = this.#clock.after(POLL_AGAIN_MS, () => this.#held.delete(agentId));
          try {
            return await meanwhile();
          } finally {
            callOff();
            this.#held.add(agentId);
          }
        },
      });
    } finally {
      this.#held.delete(agentId);
      await renewal.end();
      await this.#store.releaseLease(lease, owner).catch(() => this.#releaseLater(lease, owner));
    }
  }

  /**
   * A store that hangs may carry out what it has not answered, and would keep everybody from the agent until the lease is
   * over. Nobody else has this owner, so to release once too often does no harm.
   */
  #releaseLater(lease: Lease, owner: string): void {
    const until = this.#clock.monotonic() + LEASE_MS;
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

/** Renews one lease again and again. Once it was over, or somebody else's, it is lost for good. */
class Renewal {
  readonly #clock: Clock;
  readonly #renew: () => Promise<boolean>;
  /** Measured from before the store was asked: it never outlasts what the store believes. */
  #until: number;
  #lost = false;
  #underWay: Promise<unknown> = Promise.resolve();
  #dropNext: CallOff = () => undefined;

  constructor(clock: Clock, since: number, renew: () => Promise<boolean>) {
    this.#clock = clock;
    this.#renew = renew;
    this.#until = since + LEASE_MS;
    this.#next();
  }

  async now(): Promise<boolean> {
    const since = this.#clock.monotonic();
    // What nobody holds is taken anew by asking for it, though others may have had it meanwhile.
    if (since >= this.#until) this.#lost = true;
    if (!this.#lost && (await this.#renew())) this.#until = since + LEASE_MS;
    else this.#lost = true;
    return !this.#lost;
  }

  /** Resolves when no renewal is on its way any more: one that came after the release would take the lease again. */
  async end(): Promise<void> {
    this.#lost = true;
    this.#dropNext();
    await this.#underWay;
  }

  #next(): void {
    this.#dropNext = this.#clock.after(RENEWED_AFTER_MS, () => {
      this.#underWay = this.now()
        .catch(() => undefined)
        .finally(() => {
          if (!this.#lost) this.#next();
        });
    });
  }
}
