import { createServer, type Server } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import { setImmediate as immediate, setTimeout as wait } from "node:timers/promises";
import type { Express } from "express";
import { messagesOf, watchConnections } from "./connections.ts";
import { Ending } from "./ending.ts";
import type { HttpLog } from "./log.ts";
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
    const refused = (error: NodeJS.ErrnoException): void =>
      reject(new CannotListen(`cannot listen on ${host}:${port} (${error.code}): see HOST, PORT and METRICS_PORT`));
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

/**
 * Stops listening in a moment in which no connection comes, within `withinMs` at most: what waits to be accepted when
 * nobody listens any more is reset by the kernel. Open connections stay, idle ones too, on which a request may be under
 * way here: http's own close would cut them.
 */
export async function stopListening(
  server: Server,
  withinMs: number,
  onConnection: (socket: Socket) => void,
): Promise<void> {
  const until = performance.now() + withinMs;
  let cameAt = Number.NEGATIVE_INFINITY;
  const came = (socket: Socket): void => {
    cameAt = performance.now();
    onConnection(socket);
  };
  server.on("connection", came);
  do {
    await wait(Math.min(CALM_MS, Math.max(0, until - performance.now())));
    // A busy loop is late: what has come meanwhile is accepted after its timers, and before this.
    await immediate();
  } while (performance.now() - cameAt < CALM_MS && performance.now() < until);
  server.off("connection", came);
  NetServer.prototype.close.call(server);
}

/** Rejects with {@link CannotListen} where the address is taken or not to be had; takes nothing. */
export async function tryAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  // Who comes in this moment comes too early, and must not keep it open.
  server.on("connection", (socket) => socket.destroy());
  await listen(server, host, port);
  await new Promise((closed) => server.close(closed));
}

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
