import type { CallOff, Clock } from "./clock.ts";
import type { AgentMessage, StoredEvent } from "./stores/port.ts";

/** How soon a store that was away is asked again for what was missed. */
const ASK_AGAIN_MS = 1_000;

interface Deps {
  readonly clock: Clock;
  /** The events after an id, oldest first. */
  readonly read: (afterId: string) => Promise<readonly StoredEvent[]>;
  readonly send: (event: StoredEvent) => void;
}

/**
 * One listener's place among the events of its agent. Messages are a doorbell: whatever comes means "read after my
 * place", one reading at a time. So what is new, what was missed and what comes back after an outage take the same way,
 * in order and once.
 */
export class EventLine {
  readonly #deps: Deps;
  /** The last event that was sent, or that was not wanted; empty: there was none. Null: nobody has been able to tell yet. */
  #place: string | null;
  /** The first event heard of while the place is not known: what is kept before it is old. */
  #firstNew: string | null = null;
  #rung = false;
  #reading = false;
  #ended = false;
  #dropAskingAgain: CallOff = () => undefined;

  /** @param lastEventId null: the listener wants only what is new */
  constructor(lastEventId: string | null, deps: Deps) {
    this.#place = lastEventId;
    this.#deps = deps;
  }

  hear(message: AgentMessage): void {
    if (this.#place === null && message.type === "event") this.#firstNew ??= message.event.id;
    if (message.type === "event" || message.type === "messages-lost") void this.ring();
  }

  async ring(): Promise<void> {
    this.#rung = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#rung && !this.#ended) {
      this.#rung = false;
      const events = await this.#deps.read(this.#place ?? "").catch(() => null);
      if (this.#ended) break;
      if (events === null) this.#askAgain();
      else this.#sendAll(this.#place === null ? this.#newAmong(events) : events);
    }
    this.#reading = false;
  }

  end(): void {
    this.#ended = true;
    this.#dropAskingAgain();
  }

  #sendAll(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.#place = event.id;
      this.#deps.send(event);
    }
  }

  #newAmong(kept: readonly StoredEvent[]): readonly StoredEvent[] {
    const firstNew = kept.findIndex(({ id }) => id === this.#firstNew);
    this.#place = kept.at(-1)?.id ?? "";
    return firstNew < 0 ? [] : kept.slice(firstNew);
  }

  #askAgain(): void {
    this.#dropAskingAgain();
    this.#dropAskingAgain = this.#deps.clock.after(ASK_AGAIN_MS, () => void this.ring());
  }
}
