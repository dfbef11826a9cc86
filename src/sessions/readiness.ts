import type { CallOff, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { SessionStore } from "./stores/port.ts";
import { StoreFault, storeUnavailable } from "./stores/unavailable.ts";

/** However often readiness is asked for: a second's answer is good enough, and many ask. */
const READ_AGAIN_MS = 1_000;
const WRITE_AGAIN_MS = 5_000;

/** What has to work for an instance to do its job. */
export interface ReadinessCheck {
  readonly name: "store-read" | "store-write" | "keep-alive";
  /** Rejects with a problem while it does not. */
  check(): Promise<void>;
}

interface Deps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Pick<SessionLog, "writesFailed" | "writesWorked">;
  /** Whether the rounds fail that look for agents whom nobody polls. */
  readonly keepAliveFails: () => boolean;
}

/**
 * Whether this instance is able. Never whether the gateway is: its outage is everybody's, and must not take every instance
 * out of the balancer.
 */
export class Readiness {
  readonly #deps: Deps;
  #read: { readonly at: number; readonly result: Promise<void> } | null = null;
  /** How the last round that is over has gone; the first one, as long as none is. */
  #written: Promise<void> | null = null;
  #drop: CallOff = () => undefined;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get checks(): readonly ReadinessCheck[] {
    return [
      { name: "store-read", check: () => this.#readAgain() },
      { name: "store-write", check: async () => void (await this.#written) },
      { name: "keep-alive", check: async () => this.#insistOnRounds() },
    ];
  }

  start(): void {
    this.#writeAgain();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  /** When asked, and not by a round: nobody asks an instance that has no balancer. */
  #readAgain(): Promise<void> {
    const now = this.#deps.clock.monotonic();
    if (this.#read === null || now - this.#read.at >= READ_AGAIN_MS) {
      this.#read = { at: now, result: this.#deps.store.pingRead() };
    }
    return this.#read.result;
  }

  #writeAgain(): void {
    const { store, clock, log } = this.#deps;
    const round = store.pingWrite();
    this.#written ??= round;
    const over = (): void => {
      this.#written = round;
      if (!this.#closed) this.#drop = clock.after(WRITE_AGAIN_MS, () => this.#writeAgain());
    };
    round.then(
      () => log.writesWorked(),
      (error: unknown) => log.writesFailed(error),
    );
    round.then(over, over);
  }

  #insistOnRounds(): void {
    if (this.#deps.keepAliveFails())
      throw storeUnavailable(
        new StoreFault("KEEP_ALIVE_FAILS", "the rounds that look for agents whom nobody polls fail"),
      );
  }
}
