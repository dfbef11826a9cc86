import type { Request, Response } from "express";
import { Problem } from "../../problems.ts";
import type { Claims } from "../../tokens/index.ts";
import type { CallOff, Chance, Clock } from "../clock.ts";
import type { SessionKey } from "../model.ts";
import type { BoundSession, Sessions } from "../sessions.ts";
import { SessionStream } from "./session-stream.ts";

const ROUND_MS = 250;
/** Of both kinds together. A proxy may hold what its client has closed for half a minute. */
const MOST_PER_SESSION = 32;
/** What a client that lost its place waits, in ms, if it comes back by itself at all. */
const REPLACED_RETRY_MS = 600_000;

interface Opening {
  readonly request: Request;
  readonly response: Response;
  readonly claims: Claims;
  readonly bound: BoundSession;
}

interface Deps {
  readonly sessions: Sessions;
  readonly idleMs: number;
  /** Epoch milliseconds, of the clock that tokens are judged by. */
  readonly now: () => number;
  readonly chance: Pick<Chance, "random">;
}

/** All open streams of this process: what each of them needs, done in one place and by one timer. */
export class SessionStreams {
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #chance: Pick<Chance, "random">;
  readonly #checkMs: number;
  readonly #open = new Map<SessionStream, { nextCheck: number }>();
  /** By the session's name, the oldest first. */
  readonly #ofSession = new Map<string, Set<SessionStream>>();
  #callOff: CallOff;
  #closing = false;

  constructor({ sessions, idleMs, now, chance }: Deps) {
    this.#sessions = sessions;
    this.#clock = sessions.clock;
    this.#now = now;
    this.#chance = chance;
    this.#checkMs = Math.min(15_000, Math.max(ROUND_MS, idleMs / 4));
    this.#callOff = this.#clock.after(ROUND_MS, this.#round);
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Begins a stream that ends with the session (`session-ended`), the token (`token-expired`), the client, the process
   * (`instance-ending`), or when the session has more than 32 and this is its oldest (`replaced`). An open stream counts
   * as use of the session.
   *
   * @throws `session-not-found`, `instance-ending` while the process ends
   */
  async open({ request, response, claims, bound }: Opening): Promise<SessionStream> {
    this.#refuseWhenClosing();
    const name = nameOf(bound.session);
    const { expiresAt } = claims;
    const stream = new SessionStream({ sessions: this.#sessions, response, bound, expiresAt });
    let begun = false;
    let over = false;
    try {
      const unsubscribe = await this.#sessions.listen(bound.session.agentId, (message) => {
        if (message.type === "messages-lost" && begun) stream.check();
        if (message.type !== "session-ended" || nameOf(message.key) !== name) return;
        // Bound anew, the session may be the same to its user.
        if (message.key.bindingId !== stream.bound.session.bindingId) return begun ? stream.check() : undefined;
        over = true;
        if (begun) stream.endWithSession(message.reason);
      });
      stream.onEnd(unsubscribe);
      // Between the look-up and the subscription the session may have ended unheard.
      await stream.verified();
      if (over) throw new Problem("session-not-found");
      this.#refuseWhenClosing();
    } catch (error) {
      stream.giveUp();
      throw error;
    }
    if (stream.ended) return stream;
    begun = true;
    stream.begin(request);
    // HEAD has no body to wait for: its answer is complete, and must not take the place of a stream.
    if (request.method === "HEAD") stream.end();
    else this.#enter(stream, name);
    return stream;
  }

  /** At the end of the process: clients are told to come back, to another instance. */
  close(): void {
    this.#closing = true;
    this.#callOff();
    for (const stream of [...this.#open.keys()]) {
      // Spread, so that the next instance does not meet all of them at once.
      const retry = Math.round(500 + this.#chance.random() * 1_500);
      stream.end({ event: "instance-ending", data: "{}", retry });
    }
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new Problem("instance-ending");
  }

  #enter(stream: SessionStream, name: string): void {
    const mine = this.#ofSession.get(name) ?? new Set();
    this.#ofSession.set(name, mine.add(stream));
    this.#open.set(stream, { nextCheck: this.#clock.monotonic() + this.#checkMs });
    stream.onEnd(() => {
      this.#open.delete(stream);
      mine.delete(stream);
      if (mine.size === 0) this.#ofSession.delete(name);
    });
    if (mine.size <= MOST_PER_SESSION) return;
    const [oldest] = mine;
    oldest?.end({ event: "replaced", data: "{}", retry: REPLACED_RETRY_MS });
  }

  readonly #round = (): void => {
    this.#callOff = this.#clock.after(ROUND_MS, this.#round);
    const now = this.#clock.monotonic();
    const wall = this.#now();
    for (const [stream, due] of this.#open) {
      if (wall >= stream.expiresAt) {
        stream.end({ event: "token-expired", data: "{}" });
        continue;
      }
      stream.keepAlive(now);
      if (now < due.nextCheck) continue;
      due.nextCheck = now + this.#checkMs;
      // A message about the end may have been lost with a connection to the store.
      stream.check();
    }
  };
}

const nameOf = ({ issuer, sessionId }: SessionKey): string => `${issuer}:${sessionId}`;
