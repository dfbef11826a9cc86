import type { Socket } from "node:net";

/**
 * How far an instance is on its way out. First it says so and serves everything, each answer the last of its connection:
 * a balancer needs a moment to see it, and no client may meet a closed connection unprepared. Then it stops listening, and
 * refuses what comes on connections that are still open.
 */
export class Ending {
  #phase: "none" | "announced" | "closing" = "none";
  readonly #deaf = Promise.withResolvers<void>();
  readonly #lastIn = new WeakSet<Socket>();

  get announced(): boolean {
    return this.#phase !== "none";
  }

  /** It is about to listen no more, or does so already. */
  get closing(): boolean {
    return this.#phase === "closing";
  }

  announce(): void {
    if (this.#phase === "none") this.#phase = "announced";
  }

  close(): void {
    this.#phase = "closing";
  }

  /** A connection that came just before it stopped listening: who knows no better has opened it for a request. */
  cameLast(socket: Socket): void {
    this.#lastIn.add(socket);
  }

  stoppedListening(): void {
    this.#deaf.resolve();
  }

  /**
   * Whether a request that came while it was closing is served: on a connection that came last. Told when nobody listens any
   * more: an answer before would make its client come back at once, on a connection that is reset when the process stops
   * listening before it has accepted it.
   */
  async serves(socket: Socket): Promise<boolean> {
    await this.#deaf.promise;
    return this.#lastIn.has(socket);
  }
}
