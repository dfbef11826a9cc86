import type { Response } from "express";
import { EventStream, framed, type StreamEvent } from "../../http/event-stream.ts";
import type { Clock } from "../clock.ts";
import type { BoundSession } from "../sessions.ts";

/** Every 5 s at least, the time between two looks at all streams included. */
const ALIVE_MS = 4_000;

interface Begin {
  readonly response: Response;
  readonly bound: BoundSession;
  /** Of the token, in epoch milliseconds. */
  readonly expiresAt: number;
  readonly clock: Clock;
}

/** A stream of a session: it ends with it, and says again and again that it is alive. */
export class SessionStream extends EventStream {
  readonly bound: BoundSession;
  readonly expiresAt: number;
  readonly #clock: Clock;
  #aliveAt: number;
  #more: () => object = () => ({});
  #lastWords: ((reason: string) => StreamEvent) | null = null;

  constructor({ response, bound, expiresAt, clock }: Begin) {
    super(response);
    this.bound = bound;
    this.expiresAt = expiresAt;
    this.#clock = clock;
    this.#aliveAt = clock.monotonic();
  }

  /** What `alive` says beside the time. A browser sees no comments, and has to know that silence is not calm. */
  set alive(more: () => object) {
    this.#more = more;
  }

  /** @param before blocks that go out with it */
  sayAlive(before = ""): void {
    this.write(`${before}${this.#aliveBlock()}`);
  }

  /** A state of which only the newest matters, framed, and that the stream is alive. */
  offerState(text: string): void {
    this.offer(() => `${text}${this.#aliveBlock()}`);
  }

  /** What has become of the state since. */
  sayAfterState(text: string): void {
    this.writeAfterOffer(text);
  }

  /** Says so when it is time. Who is stuck would only hear later that it was so once. */
  keepAlive(now: number): void {
    this.lookAfter();
    if (now - this.#aliveAt >= ALIVE_MS && !this.isStuck) this.sayAlive();
  }

  #aliveBlock(): string {
    this.#aliveAt = this.#clock.monotonic();
    const data = JSON.stringify({ at: new Date(this.#clock.wall()).toISOString(), ...this.#more() });
    return framed({ event: "alive", data });
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
