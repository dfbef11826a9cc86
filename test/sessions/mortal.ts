import type { Gateway } from "../../src/gateway/index.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import type { SessionStore } from "../../src/sessions/index.ts";

/** A process that can be killed: from then on it does nothing, hears no answer, and none of its timers calls. */
export class Mortal {
  #isDead = false;

  kill(): void {
    this.#isDead = true;
  }

  clock(clock: Clock): Clock {
    return {
      monotonic: () => clock.monotonic(),
      wall: () => clock.wall(),
      wait: (ms, signal) => this.#asLongAsItLives(() => clock.wait(ms, signal)),
      after: (ms, call) => clock.after(ms, () => void (this.#isDead || call())),
    };
  }

  /** @param before called with what is asked, and may kill it at that very moment */
  uses<Used extends SessionStore | Gateway>(used: Used, before: (name: string) => void = () => undefined): Used {
    return new Proxy(used, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...given: readonly unknown[]) => {
          if (!this.#isDead) before(String(name));
          return this.#asLongAsItLives(async () => Reflect.apply(value, target, given) as unknown);
        };
      },
    });
  }

  async #asLongAsItLives<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#isDead) return new Promise<never>(() => undefined);
    try {
      return await work();
    } finally {
      if (this.#isDead) await new Promise<never>(() => undefined);
    }
  }
}
