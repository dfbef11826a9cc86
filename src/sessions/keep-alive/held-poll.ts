import { type Gateway, type GatewayEvent, Refusal } from "../../gateway/index.ts";
import type { Clock } from "../clock.ts";
import type { Credentials } from "../credentials.ts";
import type { AgentSession } from "../model.ts";
import type { GatewayReach } from "./gateway-reach.ts";
import type { HeldLease } from "./held-lease.ts";

export interface HeldPollDeps {
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly reach: GatewayReach;
  readonly clock: Clock;
  /** How long the gateway holds a poll without an event: 10 s. */
  readonly holdMs: number;
}

/** The poll that is out: one at a time, and only under a lease that outlasts the gateway's hold. */
export class HeldPoll {
  readonly #deps: HeldPollDeps;
  readonly #lease: HeldLease;
  #poll: AbortController | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** A reading of the monotonic clock; from the start on where no poll has been answered yet. */
  #aliveAt: number;

  constructor(lease: HeldLease, deps: HeldPollDeps) {
    this.#lease = lease;
    this.#deps = deps;
    this.#aliveAt = deps.clock.monotonic();
  }

  get isOut(): boolean {
    return this.#poll !== null;
  }

  get wasAborted(): boolean {
    return this.#poll?.signal.aborted ?? false;
  }

  /** When the last one went out, by the monotonic clock. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** When the gateway last answered one well, in epoch milliseconds; null: not yet. */
  get answeredAt(): number | null {
    return this.#lease.polledAt;
  }

  /** In ms: since the last one that was answered well, or since there was none. */
  get unansweredMs(): number {
    return this.#deps.clock.monotonic() - this.#aliveAt;
  }

  /**
   * Is out until {@link over}.
   *
   * @param isKeptUp asked when the connection stands, which can take long: then nothing is sent
   * @param note asked when the answer comes: the Guid that it brings is written before it is answered with, which takes its time
   */
  async send<Noted>(
    agent: AgentSession,
    isKeptUp: () => boolean,
    note: () => Noted,
  ): Promise<{ readonly event: GatewayEvent | null; readonly noted: Noted }> {
    const { gateway, credentials, reach, clock, holdMs } = this.#deps;
    const poll = new AbortController();
    this.#poll = poll;
    this.#sentAt = clock.monotonic();
    // Until the connection stands the process may have stood still, and another instance polls by then.
    const onReady = (): void => {
      if (!this.#lease.outlasts(holdMs) || isKeptUp()) poll.abort();
    };
    const ended = reach.polling();
    const caller = credentials.caller(agent);
    const early: Noted[] = [];
    const renewed: typeof caller.renewed = (renewal) => {
      early.push(note());
      return caller.renewed(renewal);
    };
    try {
      const limits = { timeoutMs: holdMs * 2, signal: poll.signal, onReady };
      const event = await gateway.pollEvent({ ...caller, renewed }, limits);
      const [noted = note()] = early;
      ended(true);
      this.#lease.polled(clock.wall());
      this.#aliveAt = clock.monotonic();
      return { event, noted };
    } catch (error) {
      ended(error instanceof Refusal);
      throw error;
    }
  }

  over(): void {
    this.#poll = null;
  }

  abort(): void {
    this.#poll?.abort();
  }

  /** How long the gateway may still hold the last one, in ms, whether it was heard of or not. */
  heldForMs(): number {
    return Math.max(0, this.#sentAt + this.#deps.holdMs - this.#deps.clock.monotonic());
  }
}
