/**
 * How far an instance is on its way out. First it says so and serves everything, each answer the last of its connection:
 * a balancer needs a moment to see it, and no client may meet a closed connection unprepared. Then it refuses what comes.
 */
export class Ending {
  #phase: "none" | "announced" | "refusing" = "none";
  readonly #deaf = Promise.withResolvers<void>();

  get announced(): boolean {
    return this.#phase !== "none";
  }

  get refusing(): boolean {
    return this.#phase === "refusing";
  }

  announce(): void {
    if (this.#phase === "none") this.#phase = "announced";
  }

  /** From now on what comes is refused. */
  refuse(): void {
    this.#phase = "refusing";
  }

  /**
   * Nobody listens any more: the refusals go out. Before, they would make their clients come back at once, on connections
   * that are reset when the process stops listening before it has accepted them.
   */
  stoppedListening(): void {
    this.#deaf.resolve();
  }

  get refusals(): Promise<void> {
    return this.#deaf.promise;
  }
}
