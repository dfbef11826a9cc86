import type { AgentId } from "../../gateway/identifiers.ts";
import type { Clock } from "../clock.ts";
import type { AgentEvent, StoredEvent } from "./port.ts";

/** What a client that has seen `afterId` has missed. An id that is not among them is too old, or of another time: all. */
export function missedSince(events: readonly StoredEvent[], afterId: string): StoredEvent[] {
  return events.slice(events.findIndex((event) => event.id === afterId) + 1);
}

/** The last events of each agent, in memory. Ids look like those of a Redis stream: epoch milliseconds and a number. */
export class EventReplay {
  readonly #byAgent = new Map<AgentId, StoredEvent[]>();
  readonly #kept: number;
  readonly #clock: Clock;
  #lastAt = 0;
  #lastNumber = 0;

  constructor(kept: number, clock: Clock) {
    this.#kept = kept;
    this.#clock = clock;
  }

  append(agentId: AgentId, event: AgentEvent): StoredEvent {
    const stored: StoredEvent = { ...event, id: this.#nextId() };
    const events = this.#byAgent.get(agentId) ?? [];
    events.push(stored);
    if (events.length > this.#kept) events.shift();
    this.#byAgent.set(agentId, events);
    return stored;
  }

  after(agentId: AgentId, afterId: string): StoredEvent[] {
    return missedSince(this.#byAgent.get(agentId) ?? [], afterId);
  }

  forget(agentId: AgentId): void {
    this.#byAgent.delete(agentId);
  }

  /** Grows even when the clock goes back. */
  #nextId(): string {
    const at = Math.max(this.#clock.wall(), this.#lastAt);
    this.#lastNumber = at === this.#lastAt ? this.#lastNumber + 1 : 0;
    this.#lastAt = at;
    return `${at}-${this.#lastNumber}`;
  }
}
