import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, Server as NetServer, type TcpNetConnectOpts } from "node:net";
import { setImmediate as immediate, setTimeout as wait } from "node:timers/promises";
import type { Express } from "express";
import { messagesOf, watchConnections } from "./connections.ts";
import { Ending } from "./ending.ts";
import type { HttpLog } from "./log.ts";
import { createServer } from "./node-http.ts";
import { problemTypes } from "./problem-response.ts";

/** What a slow or hostile client can hold; docs/operations.md explains each. Times in ms. */
export const connectionLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How often Node looks for those whose time is over; its own 30 s would make 40 s of the first limit. */
  checkInterval: 2_000,
  keepAliveTimeout: 65_000,
  /** Without the client taking anything of an answer that waits for it. */
  unreadTimeout: 60_000,
  headerBytes: 16_384,
  headers: 100,
  requestsPerConnection: 100_000,
  /** Past it a connection is closed as soon as it comes: bounded whatever the machine's file limit is. */
  connections: 20_000,
};

export function createHttpServer(
  app: Express,
  log: Pick<HttpLog, "request">,
  { limits = connectionLimits, ending = new Ending(), types = problemTypes(null) } = {},
): Server {
  const server = createServer(
    {
      ...messagesOf(app, ending),
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      connectionsCheckingInterval: limits.checkInterval,
      keepAliveTimeout: limits.keepAliveTimeout,
      // Said here, so that no NODE_OPTIONS can open the door to request smuggling.
      insecureHTTPParser: false,
      // Both are looked at by the apps, which say what was wrong: Node would answer an empty 400, and take the first of two.
      requireHostHeader: false,
      joinDuplicateHeaders: true,
    },
    app,
  );
  server.timeout = limits.unreadTimeout;
  server.maxHeadersCount = limits.headers;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  server.maxConnections = limits.connections;
  watchConnections(server, app, log, types);
  return server;
}

/** The address cannot be taken now. The message is for operators. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";
}

/** Resolves with the URL; rejects with {@link CannotListen}. */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => reject(cannotListen(host, port, error));
    server.once("error", refused);
    server.listen(port, host, () => {
      server.off("error", refused);
      const { address, port: taken, family } = server.address() as AddressInfo;
      resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${taken}`);
    });
  });
}

/** Without a connection for so long, none waits to be accepted either. */
const CALM_MS = 25;
/** How long it accepts at most those that wait when the time is over; longer is what only a flood can bring. */
const ACCEPTING_MS = 250;

/**
 * Stops listening in a moment in which no connection comes, within `withinMs` and the acceptance of those that wait then:
 * what waits to be accepted when nobody listens any more is reset by the kernel. Open connections stay, idle ones too, on
 * which a request may be under way here: http's own close would cut them.
 */
export async function stopListening(server: Server, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  let cameAt = Number.NEGATIVE_INFINITY;
  const came = (): void => {
    cameAt = performance.now();
  };
  server.on("connection", came);
  do {
    await wait(Math.min(CALM_MS, Math.max(0, until - performance.now())));
    // A busy loop is late: what has come meanwhile is accepted after its timers, and before this.
    await immediate();
  } while (performance.now() - cameAt < CALM_MS && performance.now() < until);
  // Node accepts one in each turn of its loop: without one in a turn, none waits.
  for (let turnAt = 0; turnAt <= cameAt && performance.now() < until + ACCEPTING_MS; ) {
    turnAt = performance.now();
    await immediate();
  }
  server.off("connection", came);
  NetServer.prototype.close.call(server);
}

/** A packet filter may leave the attempt without an answer, and a start does not wait for that. */
const UNANSWERED_MS = 500;

/**
 * Rejects with {@link CannotListen} where the address is taken or not to be had; takes nothing. It is bound as a client
 * binds, without listening: who connects at this moment is refused, as before, and not accepted and then left.
 */
export async function tryAddress(host: string, port: number): Promise<void> {
  if (port === 0) return;
  try {
    const { address, family } = await lookup(host);
    const loopback = family === 6 ? "::1" : "127.0.0.1";
    const nobody = { host: ["0.0.0.0", "::"].includes(address) ? loopback : address, port: 1 };
    await connectedOnce({ ...nobody, localAddress: address, localPort: port });
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException;
    if (syscall !== "connect") throw cannotListen(host, port, error);
  }
}

/** Whether the address can be bound shows at once; what comes of the connection is nobody's concern. */
async function connectedOnce(options: TcpNetConnectOpts): Promise<void> {
  const socket = connect({ ...options, timeout: UNANSWERED_MS });
  for (const over of ["connect", "timeout"]) socket.once(over, () => socket.destroy());
  await once(socket, "close");
}

const cannotListen = (host: string, port: number, error: unknown): CannotListen =>
  new CannotListen(
    `cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code}): see HOST, PORT and METRICS_PORT`,
  );

/** Waits for the answers under way; a socket without one is closed at once, the rest after `graceMs`. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A kept-alive socket becomes idle when its answer is out, and would then wait for its own time limit.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const late = setTimeout(() => server.closeAllConnections(), graceMs);
    // Of one that listens no more it only says when the last connection has gone.
    server.close(() => {
      clearInterval(idle);
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}
