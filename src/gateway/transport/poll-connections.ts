import type { Client, Dispatcher } from "undici";
import { undici } from "./undici.ts";

/** Whoever answers it is told when its connection is free for another request. */
export interface Releasing extends Dispatcher.DispatchHandler {
  onReleased: () => void;
}

/**
 * Connections for long polls: as many as there are polls at once. undici's own pool looks through all of its connections for
 * a free one at each request, and here nearly all are taken, thousands of them: so those that are free stand in a list.
 */
export class PollConnections {
  readonly #origin: string;
  readonly #options: Client.Options;
  readonly #all: Client[] = [];
  /** The last one used goes first. */
  readonly #free: Client[] = [];

  /** @param options `connect` is a connector, so that all resume the same TLS sessions */
  constructor(origin: string, options: Client.Options) {
    this.#origin = origin;
    this.#options = options;
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Releasing): void {
    const client = this.#free.pop() ?? this.#another();
    handler.onReleased = () => {
      handler.onReleased = () => undefined;
      this.#free.push(client);
    };
    client.dispatch(request, handler);
  }

  /** Ends whatever is under way. */
  destroy(): void {
    for (const client of this.#all) void client.destroy();
  }

  #another(): Client {
    const { Client } = undici();
    const client = new Client(this.#origin, this.#options);
    this.#all.push(client);
    return client;
  }
}
