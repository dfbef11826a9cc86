import type { Response } from "express";
import { EventStream, framed, type StreamEvent } from "../../http/event-stream.ts";
import { Problem } from "../../problems.ts";
import type { Clock } from "../clock.ts";
import { Doorbell } from "../doorbell.ts";
import type { BoundSession, Sessions } from "../sessions.ts";

/** Every 5 s at least, the time between two looks at all streams included. */
const ALIVE_MS = 4_000;

/** Whoever ended the session says why in a moment: nobody has to guess before. */
const LAST_WORD_MS = 250;

interface Begin {
  readonly sessions: Pick<Sessions, "standing" | "clock" | "unexpected">;
  readonly response: Response;
  readonly bound: BoundSession;
  /** Of the token, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** A stream of a session: it ends with it, and says again and again that it is alive. */
export class SessionStream extends EventStream {
  readonly expiresAt: number;
  readonly #sessions: Begin["sessions"];
  readonly #clock: Clock;
  readonly #check: Doorbell;
  #bound: BoundSession;
  #isOver = false;
  #aliveAt: number;
  #more: () => object = () => ({});
  #lastWords: ((reason: string) => StreamEvent) | null = null;

  constructor({ sessions, response, bound, expiresAt }: Begin) {
    super(response);
    this.#sessions = sessions;
    this.#bound = bound;
    this.expiresAt = expiresAt;
    this.#clock = sessions.clock;
    this.#aliveAt = this.#clock.monotonic();
    this.#check = new Doorbell(sessions, async () => void (await this.verified()));
    this.onEnd(() => this.#check.end());
  }

  /** As it stood when it was looked at last. */
  get bound(): BoundSession {
    return this.#bound;
  }

  /**
   * The session as it stands now: to be asked before anything is shown that came in after the session was looked at last.
   * Rejects while nobody can tell, and where it is over, which ends the stream.
   */
  async verified(): Promise<BoundSession> {
    const standing = await this.#sessions.standing(this.#bound.session);
    if (typeof standing !== "string") {
      this.#bound = standing;
      return standing;
    }
    if (!this.#isOver) this.onEnd(this.#clock.after(LAST_WORD_MS, () => this.endWithSession(standing)));
    this.#isOver = true;
    throw new Problem("session-not-found");
  }

  /** Looks at the session, as soon as it can be looked at. */
  check(): void {
    void this.#check.ring();
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
