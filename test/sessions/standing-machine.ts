import type { Clock } from "../../src/sessions/clock.ts";

/**
 * A virtual machine that its host lets stand still: its clocks stand, both, its timers wait, and what the network brings
 * lies there until it goes on. It cannot know.
 */
export class StandingMachine {
  readonly #outside: Clock;
  #stoodMs = 0;
  #stillSince: number | null = null;
  #goOn: () => void = () => undefined;
  #going: Promise<void> = Promise.resolve();

  readonly #clocksGoOn: boolean;

  /** @param clocksGoOn as those of a process that is stopped (SIGSTOP) */
  constructor(outside: Clock, clocksGoOn = false) {
    this.#outside = outside;
    this.#clocksGoOn = clocksGoOn;
  }

  standStill(): void {
    this.#stillSince = this.#outside.monotonic();
    this.#going = new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  goOn(): void {
    if (!this.#clocksGoOn) this.#stoodMs += this.#outside.monotonic() - (this.#stillSince ?? this.#outside.monotonic());
    this.#stillSince = null;
    this.#goOn();
  }

  /** As the machine has it. */
  readonly clock: Clock = {
    monotonic: () => ((this.#clocksGoOn ? null : this.#stillSince) ?? this.#outside.monotonic()) - this.#stoodMs,
    wall: () => this.#outside.wall() - this.#outside.monotonic() + this.clock.monotonic(),
    wait: (ms, signal) => this.#outside.wait(ms, signal).finally(() => this.#going),
    after: (ms, call) => {
      let isOff = false;
      const callOff = this.#outside.after(ms, () => void this.#going.then(() => isOff || call()));
      return () => {
        isOff = true;
        callOff();
      };
    },
  };

  /** Something outside, as it is reached from the machine. */
  reaching<T extends object>(outside: T): T {
    return new Proxy(outside, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...given: readonly unknown[]): Promise<unknown> => {
          await this.#going;
          const answer = Promise.resolve(Reflect.apply(value, target, given));
          return answer.finally(() => this.#going);
        };
      },
    });
  }
}
