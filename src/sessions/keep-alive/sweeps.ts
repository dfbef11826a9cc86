import type { AgentId } from "../../gateway/index.ts";
import type { Chance, Clock } from "../clock.ts";
import type { Leaving } from "../leaving.ts";

interface Deps {
  readonly leaving: Leaving;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Between two, a quarter more or less, in ms. */
  readonly sweepMs: number;
}

/** Every now and then whoever polls an agent looks whether it still has a session, and signs it out if not. */
export class Sweeps {
  readonly #deps: Deps;
  readonly #agentId: AgentId;
  /** A reading of the monotonic clock: the first is due at once. */
  #next = 0;

  constructor(agentId: AgentId, deps: Deps) {
    this.#agentId = agentId;
    this.#deps = deps;
  }

  /** Does nothing until the next is due. What fails is tried again by that one. */
  async sweep(): Promise<void> {
    const { sweepMs, leaving, clock, chance } = this.#deps;
    const now = clock.monotonic();
    if (now < this.#next) return;
    this.#next = now + sweepMs * (0.75 + chance.random() / 2);
    await leaving.sweep(this.#agentId, true).catch(() => undefined);
  }
}
