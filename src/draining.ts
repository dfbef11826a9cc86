import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { App } from "./app.ts";
import { closeServer, stopListening } from "./http/server.ts";
import type { Sessions } from "./sessions/index.ts";

/** What remains of the grace for closing what was opened before. */
const AFTERWARDS_MS = 500;
/** How long it waits at most for a moment in which no connection comes. */
const CALM_WITHIN_MS = 500;
/** How long idle connections stay open at most when nothing else keeps the process: a request may be on its way. */
const LONGEST_LINGER_MS = 250;

interface Draining {
  readonly app: App;
  readonly sessions: Sessions;
  readonly servers: readonly Server[];
  readonly graceMs: number;
  /** How long it says that it is not ready and still serves everything. */
  readonly leadMs: number;
}

/** Ends an instance within its grace, and no request is lost: see docs/operations.md, *Stopping*. */
export async function drain({ app, sessions, servers, graceMs, leadMs }: Draining): Promise<void> {
  const until = performance.now() + graceMs - AFTERWARDS_MS;
  const left = (): number => Math.max(0, until - performance.now());
  app.ending.announce();
  await wait(Math.min(leadMs, left()));

  app.ending.close();
  const cameLast = (socket: Socket): void => app.ending.cameLast(socket);
  await Promise.all(servers.map((server) => stopListening(server, Math.min(CALM_WITHIN_MS, left()), cameLast)));
  app.ending.stoppedListening();
  app.endStreams();
  await Promise.all([sessions.close(left()), wait(Math.min(LONGEST_LINGER_MS, leadMs / 8))]);
  await Promise.all(servers.map((server) => closeServer(server, left())));
}
