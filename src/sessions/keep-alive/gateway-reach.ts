import { type Gateway, Refusal } from "../../gateway/index.ts";
import type { Chance, Clock } from "../clock.ts";
import type { Credentials } from "../credentials.ts";
import type { SessionStore } from "../stores/port.ts";

/** A poll is held for 10 s: past this, one that was asked would have been answered. */
const UNANSWERED_MS = 15_000;
const ASK_AGAIN_MS = 5_000;
/** Records that are looked at for an agent with whose credential the gateway can be asked. */
const SAMPLE = 8;

interface Deps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly gatewayTimeoutMs: number;
}

/**
 * Whether this instance reaches the gateway, by the polls that it makes anyway. A retcode is an answer; a fault of the way,
 * or of whatever stands before the gateway, is none.
 */
export class GatewayReach {
  readonly #deps: Deps;
  #underWay = 0;
  #answeredAt: number | null = null;
  /** Since when polls go out and none is answered. */
  #unansweredSince: number | null = null;
  #isLost = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** None of its polls was answered for too long, and no call of its own since. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** How long ago the gateway last answered, in ms; null: never yet. */
  answeredAgoMs(): number | null {
    return this.#answeredAt === null ? null : this.#deps.clock.monotonic() - this.#answeredAt;
  }

  /** A poll goes out. Answers with what is to be told of its end: whether the gateway has answered it. */
  polling(): (answered: boolean) => void {
    this.#underWay += 1;
    this.#unansweredSince ??= this.#deps.clock.monotonic();
    return (answered) => {
      this.#underWay -= 1;
      if (answered) this.#answered();
    };
  }

  /** Nobody is polled here any more: silence tells nothing. */
  nothingToPoll(): void {
    this.#unansweredSince = null;
  }

  /** The process itself stood still: answers may lie in its sockets, and its silence tells nothing. */
  stoodStill(): void {
    if (this.#unansweredSince !== null) this.#unansweredSince = this.#deps.clock.monotonic();
  }

  /** To be called every second or so. */
  look(): void {
    const since = this.#unansweredSince;
    if (since !== null && this.#deps.clock.monotonic() - since >= UNANSWERED_MS) this.#isLost = true;
  }

  /**
   * Whether the gateway answers a call of this instance's own, for some agent whom it concerns; asked once in 5 s at most.
   * For who is cut off, and for who has nobody to poll and is to say whether it could.
   */
  async ask(): Promise<void> {
    const { clock } = this.#deps;
    if (clock.monotonic() - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = clock.monotonic();
    if (await this.#isAnswered()) this.#answered();
  }

  async #isAnswered(): Promise<boolean> {
    const { store, gateway, credentials, clock, chance, gatewayTimeoutMs } = this.#deps;
    const agentIds = await store.agentIds();
    const from = Math.floor(chance.random() * Math.max(1, agentIds.length - SAMPLE));
    for (const agent of (await store.getAgents(agentIds.slice(from, from + SAMPLE))).values()) {
      if (typeof agent === "string") continue;
      const deadline = clock.monotonic() + Math.min(gatewayTimeoutMs, ASK_AGAIN_MS);
      return gateway.conferenceIds(credentials.caller(agent), { deadline }).then(
        () => true,
        (error: unknown) => error instanceof Refusal,
      );
    }
    return false;
  }

  #answered(): void {
    const now = this.#deps.clock.monotonic();
    this.#answeredAt = now;
    this.#isLost = false;
    this.#unansweredSince = this.#underWay > 0 ? now : null;
  }
}
