import { LRUCache } from "lru-cache";
import type { AgentId } from "../../gateway/identifiers.ts";
import { agesBy, type Clock } from "../clock.ts";
import type { AgentEvent, EventBounds, StoredEvent } from "./agent-messages.ts";

export const EVENT_BOUNDS: EventBounds = {
  bytesOfAgent: 1024 * 1024,
  bytesInAll: 64 * 1024 * 1024,
  bytesOfEvent: 256 * 1024,
};

/** What is not kept is there for the listeners of this moment, who read when they have heard of it. */
const PASSING_MS = 10_000;
const MOST_PASSING_BYTES = 32 * 1024 * 1024;

type Kept = { readonly id: string; readonly event: StoredEvent | null; readonly bytes: number };

/**
 * What a client that has seen `afterId` has missed. An id that is no id, or later than all there are, is of another time: all.
 *
 * @param events by their ids
 */
export function missedSince<Event extends { readonly id: string }>(events: readonly Event[], afterId: string): Event[] {
  const after = orderOf(afterId);
  if (after === null) return [...events];
  const from = events.findIndex(({ id }) => !isBefore(orderOf(id) ?? [0, 0], after));
  if (from < 0) return [...events];
  return events.slice(events[from]?.id === afterId ? from + 1 : from);
}

/** The parts of an id, as a Redis stream makes them: epoch milliseconds and a number. */
export function orderOf(id: string): readonly [number, number] | null {
  const parts = /^([0-9]{1,15})-([0-9]{1,15})$/.exec(id);
  return parts === null ? null : [Number(parts[1]), Number(parts[2])];
}

const isBefore = (one: readonly [number, number], other: readonly [number, number]): boolean =>
  one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/** Events too large to be kept, for a moment. */
export class PassingEvents {
  readonly #events: LRUCache<string, { readonly agentId: AgentId; readonly event: StoredEvent }>;

  constructor(clock: Clock) {
    this.#events = new LRUCache({
      maxSize: MOST_PASSING_BYTES,
      ttl: PASSING_MS,
      ...agesBy(clock),
    });
  }

  add(agentId: AgentId, event: StoredEvent, bytes: number): void {
    this.#events.set(`${agentId} ${event.id}`, { agentId, event }, { size: bytes });
  }

  /** Those of the agent, put among the others by their ids. */
  among(agentId: AgentId, events: readonly StoredEvent[], afterId: string): StoredEvent[] {
    if (this.#events.size === 0) return [...events];
    const theirs = [...this.#events.values()].filter((one) => one.agentId === agentId).map(({ event }) => event);
    const isNew = ({ id }: StoredEvent): boolean => {
      const [place, after] = [orderOf(id), orderOf(afterId)];
      return after === null || place === null || isBefore(after, place);
    };
    return [...events, ...theirs.filter(isNew)].sort((one, other) =>
      isBefore(orderOf(one.id) ?? [0, 0], orderOf(other.id) ?? [0, 0]) ? -1 : 1,
    );
  }

  forget(agentId: AgentId): void {
    for (const [name, one] of [...this.#events.entries()]) if (one.agentId === agentId) this.#events.delete(name);
  }
}

/** The last events of each agent, in memory. Ids look like those of a Redis stream: epoch milliseconds and a number. */
export class EventReplay {
  /** The agent whose last event is the oldest comes first. */
  readonly #byAgent = new Map<AgentId, Kept[]>();
  readonly #most: number;
  readonly #bounds: EventBounds;
  readonly #clock: Clock;
  readonly #passing: PassingEvents;
  #bytes = 0;
  #lastAt = 0;
  #lastNumber = 0;

  /** @param most of an agent */
  constructor(most: number, clock: Clock, bounds: EventBounds = EVENT_BOUNDS) {
    this.#most = most;
    this.#bounds = bounds;
    this.#clock = clock;
    this.#passing = new PassingEvents(clock);
  }

  append(agentId: AgentId, event: AgentEvent): StoredEvent {
    const stored: StoredEvent = { ...event, id: this.#nextId() };
    const bytes = Buffer.byteLength(JSON.stringify(event));
    const isKept = bytes <= this.#bounds.bytesOfEvent;
    if (!isKept) this.#passing.add(agentId, stored, bytes);
    const events = this.#byAgent.get(agentId) ?? [];
    // Of what is not kept its id is: somebody's place may be there.
    events.push({ id: stored.id, event: isKept ? stored : null, bytes: isKept ? bytes : 0 });
    this.#bytes += isKept ? bytes : 0;
    this.#byAgent.delete(agentId);
    this.#byAgent.set(agentId, events);
    let ofAgent = events.reduce((sum, one) => sum + one.bytes, 0);
    while (events.length > this.#most || ofAgent > this.#bounds.bytesOfAgent) ofAgent -= this.#dropOldest(events);
    for (const [other, theirs] of this.#byAgent) {
      while (this.#bytes > this.#bounds.bytesInAll && theirs.length > 0) this.#dropOldest(theirs);
      if (theirs.length > 0) break;
      this.#byAgent.delete(other);
    }
    return stored;
  }

  after(agentId: AgentId, afterId: string): StoredEvent[] {
    const kept = missedSince(this.#byAgent.get(agentId) ?? [], afterId);
    return this.#passing.among(
      agentId,
      kept.flatMap(({ event }) => event ?? []),
      afterId,
    );
  }

  forget(agentId: AgentId): void {
    for (const { bytes } of this.#byAgent.get(agentId) ?? []) this.#bytes -= bytes;
    this.#byAgent.delete(agentId);
    this.#passing.forget(agentId);
  }

  #dropOldest(events: Kept[]): number {
    const bytes = events.shift()?.bytes ?? 0;
    this.#bytes -= bytes;
    return bytes;
  }

  /** Grows even when the clock goes back. */
  #nextId(): string {
    const at = Math.max(this.#clock.wall(), this.#lastAt);
    this.#lastNumber = at === this.#lastAt ? this.#lastNumber + 1 : 0;
    this.#lastAt = at;
    return `${at}-${this.#lastNumber}`;
  }
}
