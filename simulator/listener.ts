import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

interface KeyAndCert {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** A server that can go down and come back at the same port, as a gateway does that is restarted or cut off. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  readonly #sockets = new Map<string, Socket>();
  /** Addresses of clients that are cut off, with what ends it. */
  readonly #cutOff = new Map<string, NodeJS.Timeout | undefined>();
  #port = 0;
  #comeback: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(host: string, tls: KeyAndCert | null, serve: RequestListener) {
    this.#host = host;
    this.#server = tls === null ? createServer(serve) : createTlsServer({ key: tls.key, cert: tls.cert }, serve);
    this.#server.on("connection", (socket: Socket) => {
      if (this.#cutOff.has(plainAddress(socket.remoteAddress))) return void socket.resetAndDestroy();
      const end = farEnd(socket);
      this.#sockets.set(end, socket);
      socket.on("close", () => this.#sockets.delete(end));
    });
  }

  /** Rejects when the port is taken. */
  async listen(port: number, keepAliveTimeoutMs?: number): Promise<void> {
    if (keepAliveTimeoutMs !== undefined) this.#server.keepAliveTimeout = keepAliveTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      // Thousands of clients may connect in the same moment.
      this.#server.listen({ port, host: this.#host, backlog: 4096 }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** The port it listens at, or did and will again. */
  get origin(): string {
    const host = this.#host === "0.0.0.0" || this.#host === "::" ? "127.0.0.1" : this.#host;
    return `${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  /** Cuts every connection and refuses new ones, for good or for so many ms. */
  async down(forMs?: number): Promise<void> {
    clearTimeout(this.#comeback);
    // Somebody else may have taken the port meanwhile: that has to be seen, not to end the program.
    if (forMs !== undefined && !this.#closed) this.#comeback = setTimeout(() => this.up().catch(console.error), forMs);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Nothing when it is not down, or closed. */
  async up(): Promise<void> {
    clearTimeout(this.#comeback);
    if (!this.#server.listening && !this.#closed) await this.listen(this.#port);
  }

  /** Resets every connection of a client's address, and each new one, for good or for so many ms. */
  cutOff(address: string, forMs?: number): void {
    clearTimeout(this.#cutOff.get(address));
    const over = forMs === undefined ? undefined : setTimeout(() => this.#cutOff.delete(address), forMs);
    over?.unref();
    this.#cutOff.set(address, over);
    for (const socket of this.#sockets.values()) {
      if (plainAddress(socket.remoteAddress) === address) socket.resetAndDestroy();
    }
  }

  /** Everybody reaches it again. */
  letIn(): void {
    for (const over of this.#cutOff.values()) clearTimeout(over);
    this.#cutOff.clear();
  }

  /** Down for ever. */
  close(): Promise<void> {
    this.#closed = true;
    return this.down();
  }

  /** A TLS socket cannot be reset, the TCP socket below it can: so those are kept by their far end. */
  reset(socket: Socket): void {
    this.#sockets.get(farEnd(socket))?.resetAndDestroy();
    socket.destroy();
  }
}

/** An IPv4 address as it is written, also where the socket speaks IPv6. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

function farEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
