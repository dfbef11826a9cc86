import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { rest } from "./rest.ts";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands between an instance and the gateway or Redis, to cut what runs through it, or to swallow it. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #swallowing = false;
  #refusing = false;

  static async open(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(targetPort: number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      if (this.#refusing) return reset(near);
      const far = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
      const pair: Pair = { near, far };
      this.#pairs.add(pair);
      this.#join(pair, near, far);
      this.#join(pair, far, near);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets connections: each one for which `chosen` says so. */
  cut(chosen: () => boolean): void {
    for (const { near, far } of this.#pairs) {
      if (!chosen()) continue;
      reset(near);
      reset(far);
    }
  }

  /**
   * Lets nothing through for a while, and says nothing about it. What was sent meanwhile is gone, so the connections
   * are cut at the end: nothing may arrive late that its sender has long given up.
   */
  async swallow(ms: number, signal: AbortSignal): Promise<void> {
    this.#swallowing = true;
    try {
      await rest(ms, signal);
    } finally {
      this.cut(() => true);
      this.#swallowing = false;
    }
  }

  /** Resets every connection for a while, as soon as it is made. */
  async refuse(ms: number, signal: AbortSignal): Promise<void> {
    this.#refusing = true;
    this.cut(() => true);
    await rest(ms, signal);
    this.#refusing = false;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut(() => true);
    await closed;
  }

  #join(pair: Pair, from: Socket, to: Socket): void {
    from.on("data", (chunk) => {
      if (this.#swallowing) return;
      if (to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      to.destroy();
      this.#pairs.delete(pair);
    });
  }
}

/** Node never gets rid of a socket that is reset while its own end is on the way: that one is just closed. */
function reset(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
