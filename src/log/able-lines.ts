import type { Logger } from "pino";
import { Problem } from "../problems.ts";
import type { ClockOf, Inability } from "../sessions/index.ts";
import { causeOf, describe } from "./described-errors.ts";
import { StandingFaults } from "./standing-faults.ts";

const inabilities: Readonly<Record<Inability, string>> = {
  records: "records cannot be read: they are sealed with a key that is missing here",
  gateway: "the gateway has answered no poll for 15 s; its agents go to instances that it answers, if there are any",
};

/** What keeps this instance from keeping agents signed in, each thing told as long as it stands. */
export class AbleLines {
  readonly #pino: Logger;
  readonly #storeName: () => string | undefined;
  readonly #store: StandingFaults;
  readonly #inabilities: Readonly<Record<Inability, StandingFaults>>;

  readonly #clocks: Readonly<Record<ClockOf, StandingFaults>>;

  constructor(pino: Logger, storeName: () => string | undefined, now: () => number) {
    this.#pino = pino;
    this.#storeName = storeName;
    this.#store = new StandingFaults(now);
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
    const cause = causeOf(error) ?? "UNNAMED";
    if (!this.#store.stands(cause)) return;
    this.#pino.warn({ store: this.#storeName(), cause }, "the session store does not do what it is asked");
  }

  roundWorked(): void {
    const stoodMs = this.#store.over();
    if (stoodMs !== null) this.#pino.warn({ store: this.#storeName(), stoodMs }, "the session store works again");
  }
}
