import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentEvent, EventBounds, StoredEvent } from "../../src/sessions/stores/agent-messages.ts";
import { EVENT_BOUNDS, missedSince } from "../../src/sessions/stores/event-replay.ts";
import type { Journal } from "./journal.ts";
import type { Seals } from "./seals.ts";

/** What is not kept is there for the listeners of this moment, who read when they have heard of it. */
const PASSING_MS = 10_000;

interface Kept {
  readonly id: string;
  readonly event: StoredEvent;
  readonly bytes: number;
  /** By the store's own clock: one that is too large to be kept. Its place stays. */
  readonly until: number;
}

interface Deps {
  readonly journal: Journal;
  readonly seals: Seals;
  readonly now: () => number;
  readonly wall: () => number;
  /** Of an agent. */
  readonly most: number;
  readonly bounds?: EventBounds | undefined;
}

/** The agents' last events in the modelled store, within their bounds. */
export class ModelEvents {
  /** The agent whose last event is the oldest comes first. */
  readonly #byAgent = new Map<AgentId, readonly Kept[]>();
  readonly #deps: Deps;
  readonly #bounds: EventBounds;
  #lastAt = 0;
  #lastNumber = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#bounds = deps.bounds ?? EVENT_BOUNDS;
  }

  append(agentId: AgentId, event: AgentEvent): StoredEvent {
    const { journal, seals, now, most } = this.#deps;
    const stored: StoredEvent = seals.seal({ ...event, id: this.#nextId() });
    const size = Buffer.byteLength(JSON.stringify(event));
    const isKept = size <= this.#bounds.bytesOfEvent;
    const until = isKept ? Number.POSITIVE_INFINITY : now() + PASSING_MS;
    const one: Kept = { id: stored.id, event: stored, bytes: isKept ? size : 0, until };
    let kept = [...(this.#byAgent.get(agentId) ?? []), one].slice(-most);
    while (bytesOf(kept) > this.#bounds.bytesOfAgent) kept = kept.slice(1);
    journal.delete(this.#byAgent, agentId);
    journal.set(this.#byAgent, agentId, kept);
    this.#dropOldest();
    return stored;
  }

  after(agentId: AgentId, afterId: string): StoredEvent[] {
    const now = this.#deps.now();
    return missedSince(this.#byAgent.get(agentId) ?? [], afterId)
      .filter(({ until, event }) => until > now && this.#deps.seals.opens(event))
      .map(({ event }) => event);
  }

  forget(agentId: AgentId): void {
    this.#deps.journal.delete(this.#byAgent, agentId);
  }

  /** How many of an agent are kept. */
  countOf(agentId: AgentId): number {
    return this.#byAgent.get(agentId)?.length ?? 0;
  }

  clear(): void {
    this.#byAgent.clear();
  }

  #dropOldest(): void {
    let inAll = 0;
    for (const kept of this.#byAgent.values()) inAll += bytesOf(kept);
    for (const [agentId, kept] of this.#byAgent) {
      let left = kept;
      for (; inAll > this.#bounds.bytesInAll && left.length > 0; left = left.slice(1)) inAll -= left[0]?.bytes ?? 0;
      if (left.length === kept.length) return;
      if (left.length === 0) this.#deps.journal.delete(this.#byAgent, agentId);
      else this.#deps.journal.set(this.#byAgent, agentId, left);
    }
  }

  /** As a Redis stream makes it: it grows, whatever the clock does. */
  #nextId(): string {
    const at = Math.max(Math.floor(this.#deps.wall()), this.#lastAt);
    this.#lastNumber = at === this.#lastAt ? this.#lastNumber + 1 : 0;
    this.#lastAt = at;
    return `${at}-${this.#lastNumber}`;
  }
}

const bytesOf = (kept: readonly Kept[]): number => kept.reduce((sum, { bytes }) => sum + bytes, 0);
