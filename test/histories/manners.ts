import type { AgentId } from "../../src/gateway/index.ts";
import type { HeldPoll } from "./gateway-model.ts";
import type { Host } from "./host.ts";
import type { Timeline } from "./timeline.ts";
import type { Violate } from "./verdict.ts";
import type { Weather } from "./weather.ts";

/** The reference asks for 200 to 500 ms between two polls; what is under way takes its time both ways. */
const HASTY_MS = 190;
/** A lease that a promoted replica has lost lasts so long at whoever holds it, with the poll that was begun under it. */
const LEASE_LOST_MS = 45_000;

/** What the gateway's reference forbids its clients: overlapping and hasty polls, overlapping sign-ins and sign-outs. */
export class Manners {
  readonly #timeline: Timeline;
  readonly #weather: Weather;
  readonly #violate: Violate;
  readonly #answered = new Map<AgentId, { readonly at: number; readonly by: Host }>();
  readonly #signing = new Map<AgentId, string>();

  constructor(timeline: Timeline, weather: Weather, violate: Violate) {
    this.#timeline = timeline;
    this.#weather = weather;
    this.#violate = violate;
  }

  overlapped(agentId: AgentId, by: string, others: readonly HeldPoll[]): void {
    if (this.#leasesMayBeLost()) return;
    const open = others.map((poll) => poll.by).join(" and ");
    this.#violate("overlapping-polls", `agent ${agentId} is polled by ${by} while a poll of ${open} is open`);
  }

  polled(agentId: AgentId, by: Host): void {
    const last = this.#answered.get(agentId);
    if (last === undefined || !last.by.isAlive || this.#leasesMayBeLost()) return;
    const pause = this.#timeline.now - last.at;
    if (pause < HASTY_MS) {
      this.#violate(
        "hasty-poll",
        `agent ${agentId} is polled by ${by.name} ${Math.round(pause)} ms after the last poll`,
      );
    }
  }

  pollAnswered(agentId: AgentId, by: Host): void {
    this.#answered.set(agentId, { at: this.#timeline.now, by });
  }

  /** A sign-in or sign-out has arrived. Called when the gateway is done with it. */
  signingArrived(agentId: AgentId, what: string): () => void {
    const other = this.#signing.get(agentId);
    if (other !== undefined && !this.#leasesMayBeLost()) {
      this.#violate("overlapping-signing", `${what} of agent ${agentId} came while ${other} was under way`);
    }
    this.#signing.set(agentId, what);
    return () => void this.#signing.delete(agentId);
  }

  /** Nobody can know then that somebody else holds the lease. */
  #leasesMayBeLost(): boolean {
    return (
      this.#weather.since("promotion") < LEASE_LOST_MS || this.#weather.since("clocks stood still") < LEASE_LOST_MS
    );
  }
}
