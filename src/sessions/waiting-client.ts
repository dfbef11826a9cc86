import { Fault } from "../gateway/index.ts";
import type { Clock } from "./clock.ts";

/** Who asked for something that is carried out to its end, whether it is waited for or not. */
export class WaitingClient<Result> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #told = Promise.withResolvers<Result>();
  #isTold = false;

  /** @param ms how long it waits for the gateway */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    // It may be told before it listens.
    this.#told.promise.catch(() => undefined);
  }

  /** Rejects with `gateway-timeout` when the gateway takes too long, though it goes on. */
  get answer(): Promise<Result> {
    return this.#told.promise;
  }

  /** Whether it has been told how it ended, or that it took too long. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** What the gateway has been asked for it. */
  async waits<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const callOff = this.#clock.after(this.#ms, () => this.fail(new Fault("gateway-timeout", "TIMEOUT")));
    return answer.finally(callOff);
  }

  succeed(result: Result): void {
    this.#isTold = true;
    this.#told.resolve(result);
  }

  fail(error: unknown): void {
    this.#isTold = true;
    this.#told.reject(error);
  }
}
