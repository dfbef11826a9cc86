import type { Request, Response } from "express";
import { ConferenceLists } from "../../src/conferences/conference-lists.ts";
import { ConferenceStream } from "../../src/conferences/conference-stream.ts";
import type { ConferenceOptions } from "../../src/conferences/options.ts";
import { problemTypes } from "../../src/http/problem-response.ts";
import { Problem } from "../../src/problems.ts";
import { SessionEvents } from "../../src/sessions/api/session-events.ts";
import { SessionStreams } from "../../src/sessions/api/session-streams.ts";
import { type SessionOptions, Sessions } from "../../src/sessions/index.ts";
import type { SessionLog } from "../../src/sessions/log.ts";
import type { AppSession, EndReason } from "../../src/sessions/model.ts";
import type { Claims } from "../../src/tokens/index.ts";
import type { SeededChance } from "./chance.ts";
import type { GatewayLine } from "./gateway-line.ts";
import type { Host } from "./host.ts";
import { StoreLine, type StoreWire } from "./store-line.ts";
import type { Violate } from "./verdict.ts";

export interface Parts {
  readonly host: Host;
  readonly wire: StoreWire;
  readonly gateway: GatewayLine;
  readonly config: SessionOptions;
  readonly conferences: ConferenceOptions;
  readonly gatewayTimeoutMs: number;
  readonly chance: SeededChance;
  readonly violate: Violate;
  readonly tell: (line: () => string) => void;
  readonly sessionEnded: (session: AppSession, reason: EndReason, by: string) => void;
}

/** A stream that is to be opened. */
interface Opening {
  readonly claims: Claims;
  /** Of the list of conferences; else of the agent's events, from the last that was heard on. */
  readonly of: "conferences" | { readonly lastEventId: string | null };
}

/** What a device has of a stream. */
interface Listening {
  heard(text: string): void;
  over(): void;
}

/** One instance of the service on its host: the shipped sessions and streams, with nothing in between. */
export class Instance {
  readonly host: Host;
  readonly gateway: GatewayLine;
  readonly sessions: Sessions;
  readonly #streams: SessionStreams;
  readonly #events: SessionEvents;
  readonly lists: ConferenceLists;
  readonly #listStream: ConferenceStream;
  /** It ends, and takes no request any more. */
  draining = false;

  constructor(parts: Parts) {
    const { host, wire, gateway, config, conferences, gatewayTimeoutMs, chance, violate, tell, sessionEnded } = parts;
    this.host = host;
    this.gateway = gateway;
    this.sessions = new Sessions({
      store: new StoreLine(wire),
      gateway,
      config,
      gatewayTimeoutMs,
      log: logOf(host, { violate, tell, sessionEnded }),
      clock: host.clock,
      chance,
    });
    const { wall } = host.clock;
    this.#streams = new SessionStreams({ sessions: this.sessions, idleMs: config.idleMs, now: wall, chance });
    this.#events = new SessionEvents(this.sessions);
    const { sessions } = this;
    const atTurnsEnd = (call: () => void): void => void host.clock.after(0, call);
    this.lists = new ConferenceLists({ sessions, config: conferences, gatewayTimeoutMs, atTurnsEnd });
    const { streamIntervalMs: intervalMs, sharing } = conferences;
    const { lists } = this;
    this.#listStream = new ConferenceStream({ lists, sessions, intervalMs, sharing, types: problemTypes(null) });
    this.sessions.start();
  }

  get streamsOpen(): number {
    return this.#streams.size;
  }

  /** As the route does it. Answers with what the client calls when it leaves. */
  async listen({ claims, of }: Opening, listening: Listening): Promise<() => void> {
    const bound = await this.sessions.resolve(claims);
    const closed: (() => void)[] = [];
    let isClosed = false;
    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      listening.over();
      for (const done of closed.splice(0)) done();
    };
    const response = {
      writableLength: 0,
      get closed() {
        return isClosed;
      },
      once: (_: string, done: () => void) => void closed.push(done),
      writeHead: () => undefined,
      flushHeaders: () => undefined,
      write: (text: string) => (this.host.runs && !isClosed ? listening.heard(text) : undefined),
      end: close,
      destroy: close,
    } as unknown as Response;
    const request = { method: "GET", socket: { setTimeout: () => undefined } } as unknown as Request;
    const stream = await this.#streams.open({ request, response, claims, bound });
    if (of === "conferences") this.#listStream.listen(stream, false, "a-request");
    else await this.#events.listen(stream, of.lastEventId);
    return () => this.host.reach(close);
  }

  /** As at the end of the process: streams first, then whatever is held is let go. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    this.#streams.close();
    this.#listStream.close();
    await this.sessions.close(graceMs);
  }
}

/** Lines that matter here; of all others only that no mistake of ours is in them. */
function logOf(
  host: Host,
  { violate, tell, sessionEnded }: Pick<Parts, "violate" | "tell" | "sessionEnded">,
): SessionLog {
  const line =
    (word: string | symbol) =>
    (...said: unknown[]) => {
      tell(() => `  ${host.name} logs ${String(word)} ${said.map(inWords).join(" ")}`);
      if (word === "sessionEnded") sessionEnded(said[0] as AppSession, said[1] as EndReason, host.name);
      const mistake = said.find((one) => one instanceof Error && !(one instanceof Problem));
      if (mistake !== undefined) violate("mistake", `${host.name}: ${String(word)}: ${(mistake as Error).stack}`);
    };
  return new Proxy({} as SessionLog, { get: (_, word) => line(word) });
}

function inWords(said: unknown): string {
  if (said instanceof Problem) return said.code;
  if (typeof said === "object" && said !== null && "sessionId" in said) return `session ${String(said.sessionId)}`;
  return typeof said === "string" ? said : "";
}
