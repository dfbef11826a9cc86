import type { Logger } from "pino";
import { Problem } from "../problems.ts";
import type { ClockOf, Inability, StoreConnection } from "../sessions/index.ts";
import { causeOf, describe } from "./described-errors.ts";
import { StandingFaults } from "./standing-faults.ts";

const inabilities: Readonly<Record<Inability, string>> = {
  records: "records cannot be read: they are sealed with a key that is missing here",
  gateway: "the gateway has answered no poll for 15 s; its agents go to instances that it answers, if there are any",
};

type StorePart = StoreConnection | "rounds";

/** What keeps this instance from keeping agents signed in, each thing told as long as it stands. */
export class AbleLines {
  readonly #pino: Logger;
  readonly #storeName: () => string | undefined;
  readonly #store: StandingFaults;
  readonly #writes: StandingFaults;
  readonly #failing = new Set<StorePart>();
  readonly #inabilities: Readonly<Record<Inability, StandingFaults>>;

  readonly #clocks: Readonly<Record<ClockOf, StandingFaults>>;

  constructor(pino: Logger, storeName: () => string | undefined, now: () => number) {
    this.#pino = pino;
    this.#storeName = storeName;
    this.#store = new StandingFaults(now);
    this.#writes = new StandingFaults(now);
    this.#clocks = { machine: new StandingFaults(now), store: new StandingFaults(now) };
    this.#inabilities = { records: new StandingFaults(now), gateway: new StandingFaults(now) };
  }

  clockSeen(whose: ClockOf, offByMs: number | null): void {
    if (offByMs !== null) {
      if (!this.#clocks[whose].stands(whose)) return;
      this.#pino.warn({ whose, offByMs }, "a clock is not believed: it differs from the time that sessions go by");
      return;
    }
    const stoodMs = this.#clocks[whose].over();
    if (stoodMs !== null) this.#pino.warn({ whose, stoodMs }, "the clock agrees again with that time");
  }

  unable(why: Inability): void {
    if (!this.#inabilities[why].stands(why)) return;
    this.#pino.error({ why }, `this instance cannot keep agents signed in: ${inabilities[why]}`);
  }

  able(why: Inability): void {
    const stoodMs = this.#inabilities[why].over();
    if (stoodMs !== null) this.#pino.warn({ why, stoodMs }, "this instance can keep agents signed in again");
  }

  roundFailed(error: unknown): void {
    if (!(error instanceof Problem) || error.code !== "session-store-unavailable") {
      this.#pino.warn(describe(error), "keep-alive round failed");
      return;
    }
    this.#storeFails("rounds", error);
  }

  roundWorked(): void {
    this.#storeWorks("rounds");
  }

  storeConnection(which: StoreConnection, fault: Error | null): void {
    if (fault === null) this.#storeWorks(which);
    else this.#storeFails(which, fault);
  }

  #storeFails(part: StorePart, fault: Error): void {
    this.#failing.add(part);
    const cause = causeOf(fault) ?? "UNNAMED";
    if (!this.#store.stands(cause)) return;
    this.#pino.warn({ store: this.#storeName(), cause }, "the session store does not do what it is asked");
  }

  /** It works again when all of it does: a connection may be there of which another one's right is missing. */
  #storeWorks(part: StorePart): void {
    this.#failing.delete(part);
    if (this.#failing.size > 0) return;
    const stoodMs = this.#store.over();
    if (stoodMs !== null) this.#pino.warn({ store: this.#storeName(), stoodMs }, "the session store works again");
  }

  writesFailed(error: unknown): void {
    const cause = causeOf(error) ?? "UNNAMED";
    if (this.#writes.stands(cause))
      this.#pino.warn({ store: this.#storeName(), cause }, "the session store takes no writes");
  }

  writesWorked(): void {
    const stoodMs = this.#writes.over();
    if (stoodMs !== null)
      this.#pino.warn({ store: this.#storeName(), stoodMs }, "the session store takes writes again");
  }
}
