import { once } from "node:events";
import { connect } from "node:net";
import type { RedisServer } from "../fleet/redis.ts";

/** Less than anything that Redis could do with: it is full, whatever it holds. */
const NOTHING_BYTES = "1";
const NO_LIMIT = "0";

/** What of Redis the faults need. */
export class StoreServer {
  readonly #server: RedisServer;

  constructor(server: RedisServer) {
    this.#server = server;
  }

  get port(): number {
    return this.#server.port;
  }
  kill(): Promise<void> {
    return this.#server.kill();
  }
  restart(): Promise<void> {
    return this.#server.restart();
  }
  pause(): void {
    this.#server.pause();
  }
  resume(): void {
    this.#server.resume();
  }
  close(): Promise<void> {
    return this.#server.close();
  }

  /** It takes no write that could need memory (`noeviction`), and answers everything else. */
  fill(): Promise<void> {
    return this.#configure("maxmemory", NOTHING_BYTES);
  }
  empty(): Promise<void> {
    return this.#configure("maxmemory", NO_LIMIT);
  }

  async #configure(name: string, value: string): Promise<void> {
    const socket = connect(this.port, "127.0.0.1", () => socket.write(`CONFIG SET ${name} ${value}\r\n`));
    try {
      const [answer] = (await once(socket, "data", { signal: AbortSignal.timeout(10_000) })) as [Buffer];
      if (!answer.toString().startsWith("+OK")) throw new Error(`Redis refuses ${name} ${value}: ${answer}`);
    } finally {
      socket.destroy();
    }
  }
}
