import type { Request, Response } from "express";
import { EventStream, type StreamEvent } from "../../http/event-stream.ts";
import { Problem } from "../../problems.ts";
import type { Claims } from "../../tokens/index.ts";
import type { BoundSession, Sessions } from "../sessions.ts";

/** A comment goes out at least every 15 s, so that proxies and clients see that the line is alive. */
const COMMENT_MS = 12_000;
const ROUND_MS = 250;
const MOST_PER_SESSION = 8;
/** What a client waits before it comes back, in ms. */
const RETRY_MS = 2_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Opening {
  readonly request: Request;
  readonly response: Response;
  readonly claims: Claims;
  readonly bound: BoundSession;
}

/** A stream of a session: it ends with it. */
export class SessionStream extends EventStream {
  readonly bound: BoundSession;
  #lastWords: ((reason: string) => StreamEvent) | null = null;

  constructor(response: Response, bound: BoundSession) {
    super(response);
    this.bound = bound;
  }

  /** What this stream says before `session-ended`. */
  set lastWords(words: (reason: string) => StreamEvent) {
    this.#lastWords = words;
  }

  endWithSession(reason: string): void {
    if (this.#lastWords !== null) this.send(this.#lastWords(reason));
    this.end({ event: "session-ended", data: JSON.stringify({ reason }) });
  }
}

/** All open streams of this process: what each of them needs, done in one place and by one timer. */
export class SessionStreams {
  readonly #sessions: Sessions;
  readonly #checkMs: number;
  readonly #commentMs: number;
  readonly #open = new Map<SessionStream, { nextCheck: number }>();
  readonly #perSession = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #closing = false;

  constructor(sessions: Sessions, idleMs: number, commentMs = COMMENT_MS) {
    this.#sessions = sessions;
    this.#commentMs = commentMs;
    this.#checkMs = Math.min(15_000, Math.max(ROUND_MS, idleMs / 4));
    this.#timer = setInterval(() => this.#round(), ROUND_MS).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Begins a stream that ends with the session (`session-ended`), the token (`token-expired`), the client or the
   * process. An open stream counts as use of the session.
   *
   * @throws `rate-limited` past 8 streams of one session, `instance-ending` while the process ends
   */
  async open({ request, response, claims, bound }: Opening): Promise<SessionStream> {
    this.#refuseWhenClosing();
    const name = `${bound.session.issuer}:${bound.session.sessionId}`;
    const count = this.#perSession.get(name) ?? 0;
    if (count >= MOST_PER_SESSION) throw new Problem("rate-limited", { detail: "This session has 8 streams open." });
    this.#perSession.set(name, count + 1);
    const stream = new SessionStream(response, bound);
    let begun = false;
    let over = false;
    stream.onEnd(() => {
      this.#open.delete(stream);
      const left = (this.#perSession.get(name) ?? 1) - 1;
      if (left > 0) this.#perSession.set(name, left);
      else this.#perSession.delete(name);
    });
    try {
      const unsubscribe = await this.#sessions.listen(bound.session.agentId, (message) => {
        if (message.type === "messages-lost" && begun) void this.#check(stream);
        if (message.type !== "session-ended") return;
        const { issuer, sessionId } = message.key;
        if (`${issuer}:${sessionId}` !== name) return;
        over = true;
        if (begun) stream.endWithSession(message.reason);
      });
      stream.onEnd(unsubscribe);
      // Between the look-up and the subscription the session may have ended unheard.
      if (!(await this.#sessions.use(bound.session)) || over) throw new Problem("session-not-found");
      this.#refuseWhenClosing();
    } catch (error) {
      stream.giveUp();
      throw error;
    }
    if (stream.ended) return stream;
    begun = true;
    this.#open.set(stream, { nextCheck: performance.now() + this.#checkMs });
    this.#endWithToken(stream, claims.expiresAt);
    stream.begin(request);
    stream.write(`retry: ${RETRY_MS}\n\n`);
    // HEAD has no body to wait for: its answer is complete, and must not hold the place of a stream.
    if (request.method === "HEAD") stream.end();
    return stream;
  }

  /** At the end of the process: clients are told when to come back, to another instance. */
  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    for (const stream of [...this.#open.keys()]) {
      // Spread, so that the next instance does not meet all of them at once.
      stream.write(`retry: ${Math.round(500 + Math.random() * 1_500)}\n\n`);
      stream.end();
    }
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new Problem("instance-ending");
  }

  #endWithToken(stream: SessionStream, expiresAt: number): void {
    const ms = Math.min(LONGEST_TIMER_MS, Math.max(0, expiresAt - Date.now()));
    const timer = setTimeout(() => stream.end({ event: "token-expired", data: "{}" }), ms).unref();
    stream.onEnd(() => clearTimeout(timer));
  }

  #round(): void {
    const now = performance.now();
    for (const [stream, due] of this.#open) {
      stream.keepOpen(now, this.#commentMs);
      if (now < due.nextCheck) continue;
      due.nextCheck = now + this.#checkMs;
      void this.#check(stream);
    }
  }

  /** A message about the end may have been lost with a connection to the store. */
  async #check(stream: SessionStream): Promise<void> {
    try {
      const { session } = stream.bound;
      if (await this.#sessions.use(session)) return;
      stream.endWithSession(this.#sessions.over(session) === "too-old" ? "too-old" : "signed-out");
    } catch {
      // The store is away; the stream stays.
    }
  }
}
