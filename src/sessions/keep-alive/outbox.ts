import type { AgentId } from "../../gateway/index.ts";
import type { Clock } from "../clock.ts";
import type { KeptConferences } from "../kept-conferences.ts";
import type { AgentSession } from "../model.ts";
import type { AgentEvent } from "../stores/agent-messages.ts";
import type { SessionStore } from "../stores/port.ts";
import type { SessionTraces } from "../traces.ts";

const MOST_UNDELIVERED = 256;
/** How often a store that is away is offered what the polls have brought: a minute in all, also past the lease's end. */
const LATE_DELIVERIES = 300;
const LATE_DELIVERY_MS = 200;

export interface OutboxDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly ownConferences: KeptConferences;
  readonly traces: SessionTraces | null;
}

interface Undelivered {
  readonly event: AgentEvent;
  /** The sign-in whose poll has brought it. */
  readonly agent: AgentSession;
  /** Whether what it says of the agent's own conference is written. */
  followed: boolean;
}

/**
 * Events that one agent's polls have brought and that the store has not got yet: in order, the oldest dropped past a bound.
 * Each says whose it is, so that it does not matter who is signed in when it is delivered.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #agentId: AgentId;
  #waiting: Undelivered[] = [];
  #delivering = false;
  #lateDeliveries = 0;

  constructor(agentId: AgentId, deps: OutboxDeps) {
    this.#agentId = agentId;
    this.#deps = deps;
  }

  /** Called while the poll is under way that has brought it. */
  add(brought: AgentEvent, agent: AgentSession): void {
    const trace = this.#deps.traces?.here();
    const event = trace === undefined ? brought : { ...brought, trace };
    this.#waiting.push({ event, agent, followed: false });
    // The first may be on its way to the store, which can take long.
    const first = this.#delivering ? 1 : 0;
    this.#waiting.splice(first, this.#waiting.length - first - MOST_UNDELIVERED);
  }

  async deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        if (!next.followed) await this.#deps.ownConferences.follow(next.agent, next.event);
        next.followed = true;
        await this.#deps.store.appendEvent(this.#agentId, next.event);
        this.#waiting.shift();
      }
    } catch {
      if (this.#lateDeliveries === 0) this.#deliverLater(LATE_DELIVERIES);
    } finally {
      this.#delivering = false;
    }
  }

  /** The lease may have gone with the store; what its polls had brought is nobody else's to deliver. */
  #deliverLater(deliveries: number): void {
    this.#lateDeliveries = deliveries;
    if (deliveries > 0) this.#deps.clock.after(LATE_DELIVERY_MS, () => void this.#deliverLate(deliveries - 1));
  }

  async #deliverLate(left: number): Promise<void> {
    await this.deliver();
    this.#deliverLater(this.#waiting.length === 0 ? 0 : left);
  }
}
