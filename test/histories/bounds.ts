import { agentIds } from "./stage.ts";
import type { Running, World } from "./world.ts";

/** Twice what 150 histories came to at most, in the midst of faults. */
const AT_ANY_TIME = { timers: 75, waiting: 30, commandsPerSecond: 105, callsPerSecond: 11 };
/** With nothing wrong and nobody asking, beside what each agent that is polled and each open stream takes. */
const AT_REST = { timers: 8, timersOfAgent: 4, commandsPerSecond: 6, callsPerSecond: 0.6 };
/** What is counted by the second is counted over so long, in ms. */
const WINDOW_MS = 10_000;

interface Counted {
  readonly commands: number;
  readonly calls: number;
}

const counted = ({ instance, wire }: Running): Counted => ({ commands: wire.commands, calls: instance.gateway.calls });

/** Memory and commands stay within their bounds: looked at after each step, and more strictly when all is calm. */
export class Bounds {
  readonly #world: World;
  #since = 0;
  #before = new Map<Running, Counted>();

  constructor(world: World) {
    this.#world = world;
  }

  /** After a step. */
  look(): void {
    const { fleet, timeline, store } = this.#world;
    for (const agentId of agentIds) this.#within("events kept", store.model.events.countOf(agentId), 16);
    for (const one of fleet) {
      if (one === null) continue;
      const { timers, piledUp } = one.instance.host;
      this.#within("timers", timers, AT_ANY_TIME.timers, one);
      // Who has stood still sends at once what each request and message of that time asks for.
      this.#within("commands that wait", one.wire.open, AT_ANY_TIME.waiting + piledUp, one);
    }
    if (timeline.now - this.#since < WINDOW_MS) return;
    this.#rates(AT_ANY_TIME);
    this.#begin();
  }

  /** From here on nobody asks anything, and nothing is wrong. */
  rest(): void {
    this.#begin();
  }

  /** At the end of that. */
  lookAtRest(): void {
    this.#rates(AT_REST);
    for (const one of this.#world.fleet) {
      if (one === null) continue;
      const { agentsPolled } = one.instance.sessions;
      const { streamsOpen } = one.instance;
      const timers = AT_REST.timers + AT_REST.timersOfAgent * agentsPolled + streamsOpen;
      this.#within("timers at rest", one.instance.host.timers, timers, one);
      this.#within("commands that wait at rest", one.wire.open, 4, one);
      this.#within("listeners", one.wire.listening, agentsPolled + 2 * streamsOpen, one);
    }
  }

  #begin(): void {
    this.#since = this.#world.timeline.now;
    this.#before = new Map(this.#world.fleet.flatMap((one) => (one === null ? [] : [[one, counted(one)]])));
  }

  #rates({ commandsPerSecond, callsPerSecond }: { commandsPerSecond: number; callsPerSecond: number }): void {
    const seconds = (this.#world.timeline.now - this.#since) / 1_000;
    for (const [one, before] of this.#before) {
      const now = counted(one);
      this.#within("commands a second", (now.commands - before.commands) / seconds, commandsPerSecond, one);
      this.#within("calls a second", (now.calls - before.calls) / seconds, callsPerSecond, one);
    }
  }

  #within(what: string, is: number, most: number, of?: Running): void {
    if (is <= most) return;
    const whose = of === undefined ? "an agent" : of.instance.host.name;
    this.#world.violate("too-much", `${what} of ${whose}: ${is.toFixed(1)}, where ${most} are the bound`);
  }
}
