import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { App } from "./app.ts";
import { closeServer, stopListening } from "./http/server.ts";
import type { Clock, Sessions } from "./sessions/index.ts";

/** What remains of the grace for closing what was opened before. */
const AFTERWARDS_MS = 500;
/** How long it waits at most for a moment in which no connection comes. */
const CALM_WITHIN_MS = 500;
/** How long a request may be on its way at most: so long idle connections stay open when nothing else keeps the process. */
const ON_ITS_WAY_MS = 250;

interface Draining {
  readonly app: App;
  readonly sessions: Sessions;
  readonly servers: readonly Server[];
  readonly clock: Clock;
  readonly graceMs: number;
  /** How long it says that it is not ready and still serves everything. */
  readonly leadMs: number;
}

/** Ends an instance within its grace, and no request is lost: see docs/operations.md, *Stopping*. */
export async function drain({ app, sessions, servers, clock, graceMs, leadMs }: Draining): Promise<void> {
  const until = clock.monotonic() + graceMs - AFTERWARDS_MS;
  const left = (): number => Math.max(0, until - clock.monotonic());
  app.ending.announce();
  const lead = Math.min(leadMs, left());
  const lastOfLead = Math.min(ON_ITS_WAY_MS, lead);
  await clock.wait(lead - lastOfLead);
  // Whose connection was accepted in time is served, though the request on it is read later.
  const cameLast = (socket: Socket): void => app.ending.cameLast(socket);
  for (const server of servers) server.on("connection", cameLast);
  await clock.wait(lastOfLead);

  app.ending.close();
  await Promise.all(servers.map((server) => stopListening(server, Math.min(CALM_WITHIN_MS, left()))));
  app.ending.stoppedListening();
  app.endStreams();
  await Promise.all([sessions.close(left()), clock.wait(Math.min(ON_ITS_WAY_MS, leadMs / 8))]);
  await Promise.all(servers.map((server) => closeServer(server, left())));
}
