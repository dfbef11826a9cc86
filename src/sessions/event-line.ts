import { Doorbell, type DoorbellDeps } from "./doorbell.ts";
import type { AgentMessage, StoredEvent } from "./stores/agent-messages.ts";

interface Deps {
  readonly bell: DoorbellDeps;
  /** The events after an id, oldest first. Rejects where they may not be shown now. */
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
  readonly #bell: Doorbell;
  /** The last event that was sent, or that was not wanted; empty: there was none. Null: nobody has been able to tell yet. */
  #place: string | null;
  /** The first event heard of while the place is not known: what is kept before it is old. */
  #firstNew: string | null = null;
  #ended = false;

  /** @param lastEventId null: the listener wants only what is new */
  constructor(lastEventId: string | null, deps: Deps) {
    this.#place = lastEventId;
    this.#deps = deps;
    this.#bell = new Doorbell(deps.bell, () => this.#readOn());
  }

  hear(message: AgentMessage): void {
    if (this.#place === null && message.type === "event") this.#firstNew ??= message.event.id;
    if (message.type === "event" || message.type === "messages-lost") void this.ring();
  }

  ring(): Promise<void> {
    return this.#bell.ring();
  }

  end(): void {
    this.#ended = true;
    this.#bell.end();
  }

  async #readOn(): Promise<void> {
    const events = await this.#deps.read(this.#place ?? "");
    if (this.#ended) return;
    for (const event of this.#place === null ? this.#newAmong(events) : events) {
      this.#place = event.id;
      this.#deps.send(event);
    }
  }

  #newAmong(kept: readonly StoredEvent[]): readonly StoredEvent[] {
    const firstNew = kept.findIndex(({ id }) => id === this.#firstNew);
    this.#place = kept.at(-1)?.id ?? "";
    return firstNew < 0 ? [] : kept.slice(firstNew);
  }
}
