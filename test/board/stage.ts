import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Conference, Participant } from "../../client/index.js";
import { alive, problem, type StubAnswer, type StubEvent, say } from "../client/stub-service.ts";

/** The board before a service that says what a test wants to see on it. Its files are those of a real one. */
export interface Stage {
  readonly url: string;
  /** Said to every board that is open, and to each that comes. */
  show(conferences: readonly Conference[], ageMs?: number): void;
  say(...events: readonly StubEvent[]): void;
  /** Instead of the stream, from now on; null: the stream again. Those that are open end. */
  answerStreamsWith(answer: StubAnswer | null): void;
  /** Instead of the session. */
  answerSessionsWith(answer: StubAnswer): void;
  /** As it was at the beginning, with an empty list. */
  reset(): void;
  close(): Promise<void>;
}

const session = { agentId: "1201", vdnId: "1", inspector: true, state: "active" };
const bound: StubAnswer = (response) => {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ ...session, expiresAt: new Date(Date.now() + 1_800_000).toISOString() }));
};

/** @param serviceUrl of a service, for the page and its files */
export async function startStage(serviceUrl: string): Promise<Stage> {
  const streams = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let known: readonly StubEvent[] = [];
  let instead: StubAnswer | null = null;
  let sessions: StubAnswer = bound;
  const server = createServer((incoming, response) => {
    const { url: path = "/", method = "GET", headers } = incoming;
    const stub = { method, path, headers, body: undefined, number: 0 };
    if (path.startsWith("/conferences/stream")) {
      if (instead !== null) return instead(response, stub);
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.flushHeaders();
      streams.add(response);
      response.on("close", () => streams.delete(response));
      for (const event of known) say(response, event);
      return;
    }
    if (path.startsWith("/session")) return sessions(response, stub);
    pass(serviceUrl, incoming, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sayToAll = (events: readonly StubEvent[]): void => {
    for (const stream of streams) for (const event of events) say(stream, event);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    show(conferences, ageMs = 0) {
      known = [{ event: "conferences", id: "x", data: { conferences } }, alive(ageMs)];
      sayToAll(known);
    },
    say: (...events) => sayToAll(events),
    answerStreamsWith(answer) {
      instead = answer;
      for (const stream of streams) stream.destroy();
    },
    answerSessionsWith(answer) {
      sessions = answer;
    },
    reset() {
      known = [];
      instead = null;
      sessions = bound;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * With a cookie, so that the page has a session to ask for. The page's files may be kept by the browser, which has to ask
 * for each of them at every load otherwise: a test's time is better spent.
 */
function pass(serviceUrl: string, incoming: IncomingMessage, response: ServerResponse): void {
  const headers = { ...incoming.headers, cookie: "__Host-session=x" };
  const onward = request(new URL(incoming.url ?? "/", serviceUrl), { method: incoming.method, headers }, (answer) => {
    const kept = incoming.url?.startsWith("/board/") ? { "cache-control": "max-age=600" } : {};
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...kept });
    answer.pipe(response);
  });
  onward.on("error", () =>
    problem("internal-error", 500)(response, { method: "", path: "", headers: {}, body: null, number: 0 }),
  );
  incoming.pipe(onward);
}

/** The same for all, so that one who stays has joined at one time. */
const begun = Date.now();
const minutesAgo = (minutes: number): string => new Date(begun - minutes * 60_000).toISOString();

export const participant = (address: string, more: Partial<Participant> = {}): Participant => ({
  kind: address.length > 4 ? "phone" : "agent",
  address,
  role: "participant",
  audio: "both",
  state: "connected",
  joinedAt: minutesAgo(9),
  ...more,
});

export const conference = (id: string, more: Partial<Conference> = {}): Conference => ({
  id,
  state: "normal",
  startedAt: minutesAgo(10),
  bookedMinutes: 60,
  elapsedMinutes: 10,
  participants: [participant("1251", { role: "chair" }), participant("70005")],
  ...more,
});

/** A busy day: 60 conferences with 500 participants, ten of them past their end, some ending, held, announced or empty. */
export function busyDay(): Conference[] {
  return Array.from({ length: 60 }, (_, number) => {
    const overrun = number % 6 === 2;
    const bookedMinutes = [30, 60, 90, 120][number % 4] as number;
    const elapsedMinutes = overrun
      ? bookedMinutes + 1 + number * 2
      : number % 9 === 4
        ? bookedMinutes - 3
        : (number * 7) % bookedMinutes;
    const size = number % 20 === 19 ? 0 : 3 + ((number * 5) % 14);
    return conference(String(355_840 + number * 256), {
      state: number % 11 === 5 ? "announcement" : "normal",
      bookedMinutes,
      elapsedMinutes,
      startedAt: minutesAgo(elapsedMinutes),
      participants: Array.from({ length: size }, (_, place) =>
        participant(place % 3 === 1 ? String(70_000 + number * 20 + place) : String(1_200 + number * 20 + place), {
          role: place === 0 ? "chair" : "participant",
          audio: place % 7 === 5 ? "listen" : "both",
          state: (number + place * 7) % 61 === 6 ? "held" : "connected",
          joinedAt: minutesAgo(Math.max(0, elapsedMinutes - place)),
        }),
      ),
    });
  });
}
