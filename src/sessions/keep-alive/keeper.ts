import type { AgentId } from "../../gateway/index.ts";
import type { CallOff } from "../clock.ts";
import type { Lifetime } from "../lifetime.ts";
import type { AgentState } from "../model.ts";
import { AbleInstances } from "./able-instances.ts";
import { ExternalAgents } from "./external-agents.ts";
import { GatewayReach } from "./gateway-reach.ts";
import { HeldLease, type LeaseDeps } from "./held-lease.ts";
import { Poller, type PollerDeps } from "./poller.ts";
import { UnheldAgents } from "./unheld-agents.ts";

interface KeeperDeps extends Omit<PollerDeps, "reach">, LeaseDeps {
  readonly lifetime: Lifetime;
  readonly idleMs: number;
  /** Pause between two looks for agents that nobody polls. */
  readonly claimMs: number;
  /** Whether this machine's clock is not that of the others. */
  readonly clockIsOff: () => boolean;
}

/** How often leases are looked at: often enough that the margin of a lease which could not be renewed is kept. */
const LONGEST_ROUND_MS = 100;
/** Claimed at once: the first polls of these go out before the next are claimed. */
const MOST_AT_ONCE = 500;

/**
 * Keeps agents alive: claims those that nobody polls, renews the leases of those that it polls, and lets go of them
 * at the end. One instance of many; the leases in the store share the agents out.
 */
export class Keeper {
  readonly #deps: KeeperDeps & PollerDeps;
  readonly #reach: GatewayReach;
  readonly #instances: AbleInstances;
  readonly #pollers = new Map<AgentId, Poller>();
  readonly #running = new Set<Promise<void>>();
  readonly #external: ExternalAgents;
  readonly #unheld: UnheldAgents;
  #dropClaiming: CallOff = () => undefined;
  #dropRenewing: CallOff = () => undefined;
  #round: Promise<void> = Promise.resolve();
  #closing = false;
  /** Until the first round is over: what a killed process has left behind has waited long enough for its next poll. */
  #resuming = true;

  constructor(deps: KeeperDeps) {
    this.#reach = new GatewayReach(deps);
    this.#deps = { ...deps, reach: this.#reach };
    this.#instances = new AbleInstances({ ...this.#deps, letGo: () => this.#letGo() });
    this.#external = new ExternalAgents(deps);
    this.#unheld = new UnheldAgents({ ...deps, external: this.#external });
  }

  start(): void {
    this.#renewNext(Math.min(LONGEST_ROUND_MS, Math.max(20, this.#deps.leaseMs / 60)));
    this.#claimNext(0);
    this.#instances.start();
  }

  /** How many agents this instance polls. */
  get size(): number {
    return this.#pollers.size;
  }

  /** In ms: the longest since a poll of an agent that is polled here was answered; 0 without any. */
  get oldestPollAgeMs(): number {
    let oldest = 0;
    for (const { poll } of this.#pollers.values()) oldest = Math.max(oldest, poll.unansweredMs);
    return oldest;
  }

  /** The agents polled here, by the state that they are in. */
  get states(): Readonly<Record<AgentState, number>> {
    const counts: Record<AgentState, number> = { active: 0, unreachable: 0, expired: 0 };
    for (const { state } of this.#pollers.values()) counts[state] += 1;
    return counts;
  }

  /** When the gateway last answered a poll of the agent, in epoch milliseconds; null: this instance has polled it in vain, or not. */
  lastPollAt(agentId: AgentId): number | null {
    return this.#pollers.get(agentId)?.poll.answeredAt ?? null;
  }

  /** Whether two rounds in a row have failed; one that works makes up for them. */
  get fails(): boolean {
    return this.#instances.fails;
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
    if (this.#closing || this.#instances.leavesToOthers || this.#pollers.has(agentId)) return;
    await this.#keep(agentId).catch((error: unknown) => this.#deps.log.keeperFailed(error));
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
    await this.#instances.leave();
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
      this.#round = this.#claimRound()
        .catch((error: unknown) => {
          this.#deps.log.keeperFailed(error);
          return false;
        })
        .then((worked) => this.#roundEnded(worked))
        .catch((error: unknown) => this.#deps.log.keeperFailed(error))
        .finally(() => {
          if (!this.#closing) this.#claimNext(this.#deps.claimMs * (0.75 + this.#deps.chance.random() / 2));
        });
    });
  }

  /**
   * As many as fall to each instance that is able, so that a starting one does not take all; and whatever nobody has taken
   * for two rounds.
   */
  async #claimRound(): Promise<boolean> {
    const { log, clockIsOff } = this.#deps;
    const others = await this.#instances.others();
    const { unheld, managed, keyMissing } = await this.#unheld.find((agentId) => this.#pollers.has(agentId));
    if (keyMissing) {
      log.keeperUnable("records");
      return false;
    }
    log.keeperAble("records");
    // Whose clock is off is no part of the shares, as long as there are others.
    const share = clockIsOff() && others.length > 0 ? 0 : Math.ceil(managed / (others.length + 1));
    let room = share - this.#pollers.size;
    const wanted = unheld.filter((agentId) => room-- > 0 || this.#unheld.isAbandoned(agentId));
    for (let at = 0; at < wanted.length && !this.#closing && !this.#instances.leavesToOthers; at += MOST_AT_ONCE) {
      await this.#claim(wanted.slice(at, at + MOST_AT_ONCE));
    }
    this.#resuming = false;
    if (!this.#closing) await this.#external.sweep();
    return true;
  }

  /** Whom the store does not let say how it is has not done its round. */
  async #roundEnded(worked: boolean): Promise<void> {
    await this.#instances.roundEnded(worked);
    if (worked) this.#deps.log.keeperWorked();
  }

  async #keep(agentId: AgentId): Promise<void> {
    const agent = await this.#deps.store.getAgent(agentId, { fresh: true });
    if (agent?.keepAlive === "managed" && !this.#pollers.has(agentId)) await this.#claim([agentId]);
  }

  async #claim(agentIds: readonly AgentId[]): Promise<void> {
    for (const lease of await HeldLease.acquire(agentIds, this.#deps)) {
      if (this.#closing || this.#pollers.has(lease.agentId)) void lease.release();
      else this.#poll(lease);
    }
  }

  #poll(lease: HeldLease): void {
    const { intervalMs, log } = this.#deps;
    const { agentId } = lease;
    // Elsewhere, or before the agent signed out and in again, a poll may just have been answered.
    const poller = new Poller(lease, this.#deps, this.#resuming ? 0 : intervalMs);
    this.#pollers.set(agentId, poller);
    log.pollingStarted(agentId);
    const running = poller.run().then(async (failed) => {
      // Released before it is forgotten here, so that a new claim of this instance cannot be undone by it.
      await lease.release();
      this.#pollers.delete(agentId);
      this.#running.delete(running);
      if (this.#pollers.size === 0) this.#reach.nothingToPoll();
      log.pollingStopped(agentId);
      // The agent may have signed in again while this poller was ending.
      if (!failed) void this.keepAlive(agentId);
    });
    this.#running.add(running);
  }

  #letGo(): void {
    for (const poller of this.#pollers.values()) poller.letGo();
  }

  #renewNext(everyMs: number): void {
    this.#dropRenewing = this.#deps.clock.after(everyMs, () => {
      this.#renewNext(everyMs);
      this.#renewLeases();
    });
  }

  #renewLeases(): void {
    const now = this.#deps.clock.monotonic();
    const due: HeldLease[] = [];
    for (const poller of this.#pollers.values()) {
      if (poller.lease.left(now) === 0) poller.abort();
      else if (poller.lease.renewalDue(now)) due.push(poller.lease);
    }
    void HeldLease.renew(due, this.#deps);
  }
}
