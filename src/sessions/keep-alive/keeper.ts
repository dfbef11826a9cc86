import type { AgentId } from "../../gateway/index.ts";
import type { CallOff } from "../clock.ts";
import { HeldLease, type LeaseDeps } from "./held-lease.ts";
import { Poller, type PollerDeps } from "./poller.ts";

export interface KeeperDeps extends PollerDeps, LeaseDeps {
  /** Pause between two looks for agents that nobody polls. */
  readonly claimMs: number;
}

/** How often leases are looked at: often enough that the margin of a lease which could not be renewed is kept. */
const LONGEST_ROUND_MS = 100;

/**
 * Keeps agents alive: claims those that nobody polls, renews the leases of those that it polls, and lets go of them
 * at the end. One instance of many; the leases in the store share the agents out.
 */
export class Keeper {
  readonly #deps: KeeperDeps;
  readonly #pollers = new Map<AgentId, Poller>();
  readonly #running = new Set<Promise<void>>();
  readonly #externalSwept = new Map<AgentId, number>();
  #dropClaiming: CallOff = () => undefined;
  #dropRenewing: CallOff = () => undefined;
  #round: Promise<void> = Promise.resolve();
  #closing = false;
  /** Until the first round is over: what a killed process has left behind has waited long enough for its next poll. */
  #resuming = true;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#renewNext(Math.min(LONGEST_ROUND_MS, Math.max(20, this.#deps.leaseMs / 60)));
    this.#claimNext(0);
  }

  /** How many agents this instance polls. */
  get size(): number {
    return this.#pollers.size;
  }

  /** Asks for a verdict on the agent's newest Guid. False where another instance polls the agent, or none. */
  verdictWanted(agentId: AgentId): boolean {
    const poller = this.#pollers.get(agentId);
    if (poller === undefined || poller.lease.left() === 0) return false;
    poller.verdictWanted();
    return true;
  }

  /** Begins to poll the agent unless somebody does. A store that is away only means that a later round does it. */
  readonly keepAlive = async (agentId: AgentId): Promise<void> => {
    if (this.#closing || this.#pollers.has(agentId)) return;
    await this.#claim(agentId).catch((error: unknown) => this.#deps.log.keeperFailed(error));
  };

  /**
   * Lets every lease go as soon as its poll has answered, so that another instance takes over without an overlap and
   * with the newest Guid; at the latest after `graceMs`.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#dropClaiming();
    await this.#round;
    // At once, so that the others' shares have room for what is let go.
    const gone = { owner: this.#deps.owner, able: false, answeredAgoMs: null };
    await this.#deps.store.announceInstance(gone, 0).catch(() => undefined);
    for (const poller of this.#pollers.values()) poller.stop();
    const ended = Promise.allSettled([...this.#running]);
    const timer = new AbortController();
    await Promise.race([ended, this.#deps.clock.wait(graceMs, timer.signal).catch(() => undefined)]);
    timer.abort();
    for (const poller of this.#pollers.values()) poller.abort();
    await ended;
    this.#dropRenewing();
  }

  #claimNext(delayMs: number): void {
    this.#dropClaiming = this.#deps.clock.after(delayMs, () => {
      this.#round = this.#claimUnheld()
        .then(() => this.#deps.log.keeperWorked())
        .catch((error: unknown) => this.#deps.log.keeperFailed(error))
        .finally(() => {
          if (!this.#closing) this.#claimNext(this.#deps.claimMs * (0.75 + this.#deps.chance.random() / 2));
        });
    });
  }

  /** An even share: as many as fall to each living instance, so that a starting one does not take all. */
  async #claimUnheld(): Promise<void> {
    const { store, owner, claimMs } = this.#deps;
    const instances = await store.announceInstance({ owner, able: true, answeredAgoMs: null }, claimMs * 4);
    const agentIds = await store.agentIds();
    const unheld = await store.unheld(
      "poll",
      agentIds.filter((agentId) => !this.#pollers.has(agentId)),
    );
    const share = Math.ceil(agentIds.length / Math.max(1, instances.length));
    for (const agentId of shuffled(unheld, this.#deps.chance.random)) {
      if (this.#closing) return;
      const agent = await store.getAgent(agentId, { fresh: true });
      if (agent === null) continue;
      if (agent.keepAlive === "external") await this.#sweepExternal(agentId);
      else if (this.#pollers.size < share) await this.#claim(agentId);
    }
    this.#resuming = false;
  }

  async #claim(agentId: AgentId): Promise<void> {
    const { store, intervalMs, log } = this.#deps;
    const agent = await store.getAgent(agentId, { fresh: true });
    if (agent === null || agent.keepAlive !== "managed" || this.#pollers.has(agentId)) return;
    const lease = await HeldLease.acquire(agentId, this.#deps);
    if (lease === null || this.#pollers.has(agentId)) return;
    if (this.#closing) return lease.release();
    // Elsewhere, or before the agent signed out and in again, a poll may just have been answered.
    const poller = new Poller(lease, this.#deps, this.#resuming ? 0 : intervalMs);
    this.#pollers.set(agentId, poller);
    log.pollingStarted(agentId);
    const running = poller.run().then(async (failed) => {
      // Released before it is forgotten here, so that a new claim of this instance cannot be undone by it.
      await lease.release();
      this.#pollers.delete(agentId);
      this.#running.delete(running);
      log.pollingStopped(agentId);
      // The agent may have signed in again while this poller was ending.
      if (!failed) void this.keepAlive(agentId);
    });
    this.#running.add(running);
  }

  /** Nobody polls an external agent, so whoever passes by ends its app sessions whose time is over. */
  async #sweepExternal(agentId: AgentId): Promise<void> {
    const { sweepMs, leaving, clock } = this.#deps;
    const now = clock.monotonic();
    if (now - (this.#externalSwept.get(agentId) ?? -sweepMs) < sweepMs) return;
    if (this.#externalSwept.size > 100_000) this.#externalSwept.clear();
    this.#externalSwept.set(agentId, now);
    await leaving.sweep(agentId).catch(() => undefined);
  }

  #renewNext(everyMs: number): void {
    this.#dropRenewing = this.#deps.clock.after(everyMs, () => {
      this.#renewNext(everyMs);
      this.#renewLeases();
    });
  }

  #renewLeases(): void {
    for (const poller of this.#pollers.values()) {
      if (poller.lease.left() === 0) poller.abort();
      else if (poller.lease.renewalDue()) void poller.lease.renew();
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
