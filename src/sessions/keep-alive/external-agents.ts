import type { AgentId } from "../../gateway/index.ts";
import type { Chance, Clock } from "../clock.ts";
import type { Leaving } from "../leaving.ts";
import type { Lifetime } from "../lifetime.ts";
import type { SessionStore } from "../stores/port.ts";

/** How soon it is noticed, at the latest, that an agent has become a managed one: well within the gateway's two minutes. */
const READ_AGAIN_MS = 30_000;
/** Nobody waits for the end of a session that cannot be used any more; the first look comes within its idle time. */
const LATEST_LOOK_MS = 3_600_000;
const EARLIEST_LOOK_MS = 250;
/** Looked at in one round, each by a question of its own. */
const MOST_IN_A_ROUND = 100;

interface Deps {
  readonly store: SessionStore;
  readonly leaving: Leaving;
  readonly lifetime: Lifetime;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly idleMs: number;
}

/**
 * Agents that their apps keep alive. Nobody polls them and nobody holds them, so each instance finds them again and again:
 * they are remembered, read in bulk now and then, and each one's sessions are looked at when the first may be over.
 */
export class ExternalAgents {
  readonly #deps: Deps;
  /** When to look at the agent's sessions, a reading of the monotonic clock. */
  readonly #dueAt = new Map<AgentId, number>();
  #readAgainAt = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  has(agentId: AgentId): boolean {
    return this.#dueAt.has(agentId);
  }

  found(agentId: AgentId): void {
    if (this.#dueAt.has(agentId)) return;
    const { clock, chance, idleMs } = this.#deps;
    this.#dueAt.set(agentId, clock.monotonic() + Math.min(LATEST_LOOK_MS, idleMs) * chance.random());
  }

  keepOnly(agentIds: readonly AgentId[]): void {
    if (this.#dueAt.size === 0) return;
    const there = new Set(agentIds);
    for (const agentId of this.#dueAt.keys()) if (!there.has(agentId)) this.#dueAt.delete(agentId);
  }

  /** Reads all of them again when it is time: who is no external agent any more is to be polled. */
  async readAgain(): Promise<void> {
    const { clock, store } = this.#deps;
    if (this.#dueAt.size === 0 || clock.monotonic() < this.#readAgainAt) return;
    this.#readAgainAt = clock.monotonic() + READ_AGAIN_MS;
    const agents = await store.getAgents([...this.#dueAt.keys()]);
    for (const [agentId, agent] of agents) {
      if (typeof agent !== "string" && agent.keepAlive === "managed") this.#dueAt.delete(agentId);
    }
  }

  /** Ends what is over of those that are due. */
  async sweep(): Promise<void> {
    const now = this.#deps.clock.monotonic();
    const due = [...this.#dueAt].filter(([, dueAt]) => dueAt <= now).slice(0, MOST_IN_A_ROUND);
    await Promise.all(due.map(([agentId]) => this.#look(agentId)));
  }

  async #look(agentId: AgentId): Promise<void> {
    const { store, leaving, lifetime, clock } = this.#deps;
    try {
      let sessions = await store.sessionsOfAgent(agentId);
      if (sessions.length === 0 || sessions.some((session) => lifetime.over(session) !== null)) {
        await leaving.sweep(agentId, true);
        sessions = await store.sessionsOfAgent(agentId);
      }
      const ends = sessions.map((session) => lifetime.expiresAt(session));
      const leftMs = Math.min(...ends, Number.POSITIVE_INFINITY) - clock.wall();
      this.#dueAt.set(agentId, clock.monotonic() + Math.min(Math.max(leftMs, EARLIEST_LOOK_MS), LATEST_LOOK_MS));
    } catch {
      // The store is away, or somebody else is at it: at the next round.
    }
  }
}
