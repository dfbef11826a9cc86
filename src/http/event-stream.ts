import type { Request, Response } from "express";

/** A client that does not read is let go when more is to be said: so much and one event may wait for it. */
const MOST_UNREAD_BYTES = 262_144;
const UNREAD_MS = 60_000;
/** Above the pause between two looks at a stream. */
const STUCK_MS = 1_000;

/** What a client waits before it comes back, in ms, unless told otherwise. */
const RETRY_MS = 2_000;

export interface StreamEvent {
  readonly event: string;
  /** JSON text, without line breaks. */
  readonly data: string;
  readonly id?: string;
  /** What the client shall wait from now on before it comes back, in ms. */
  readonly retry?: number;
}

/** As the HTML standard frames it. There is no block without data: some clients parse every block. */
export function framed({ event, data, id, retry }: StreamEvent): string {
  const head = `${retry === undefined ? "" : `retry: ${retry}\n`}${id === undefined ? "" : `id: ${id}\n`}`;
  return `${head}event: ${event}\ndata: ${data}\n\n`;
}

/** One open stream of server-sent events. */
export class EventStream {
  readonly #response: Response;
  readonly #onEnd: (() => void)[] = [];
  /** When nothing waited for the client at last: a reading of `performance.now()`. */
  #readAt = performance.now();
  /** Stands in the first block that is written. */
  #firstLine = `retry: ${RETRY_MS}\n`;
  #offered: (() => string) | null = null;
  #ended = false;

  constructor(response: Response) {
    this.#response = response;
    response.once("close", () => this.#finish());
    // The client may have left before anybody listened for it.
    if (response.closed) this.#finish();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** From here on the answer is a stream, whose socket may be silent as long as it likes. */
  begin(request: Request): void {
    request.socket.setTimeout(0);
    // A proxy keeps the connection of a stream that has ended well, and what it sends there next meets an instance that is ending.
    this.#response.shouldKeepAlive = false;
    this.#response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      // A proxy that compresses holds events back.
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    });
    // What is told first may take its time, and the client shall know that it is heard.
    this.#response.flushHeaders();
  }

  send(event: StreamEvent): void {
    if (event.retry !== undefined) this.#firstLine = "";
    this.write(framed(event));
  }

  /** Blocks that are framed already; the same text for many listeners is made once. */
  write(text: string): void {
    if (this.#ended) return;
    // Looked at before: a list may be larger than that by itself, and takes a moment to go out.
    if (this.#response.writableLength > MOST_UNREAD_BYTES) {
      this.#response.destroy();
      return;
    }
    this.#response.write(this.#firstLine === "" ? text : `${this.#firstLine}${text}`);
    this.#firstLine = "";
  }

  /** Whether the client has not taken yet what went out before, at least within this turn of the event loop. */
  get #isBehind(): boolean {
    return this.#response.writableLength > 0;
  }

  /** Whether it has been so for a while. */
  get isStuck(): boolean {
    return this.#isBehind && performance.now() - this.#readAt >= STUCK_MS;
  }

  /**
   * A state of which only the newest matters: for a client that is behind it waits, and the next one takes its place.
   *
   * @param make the blocks, framed, when they go out
   */
  offer(make: () => string): void {
    if (this.#isBehind) this.#offered = make;
    else {
      this.#offered = null;
      this.write(make());
    }
  }

  /** Blocks that belong behind the state that was offered last. */
  writeAfterOffer(text: string): void {
    const offered = this.#offered;
    if (offered === null) this.write(text);
    else this.#offered = () => `${offered()}${text}`;
  }

  /**
   * To be called again and again: sends what was offered once the client has taken what went before. One for whom
   * something has waited all the time for long is gone.
   */
  lookAfter(): void {
    if (this.#isBehind) {
      if (performance.now() - this.#readAt >= UNREAD_MS) this.#response.destroy();
      return;
    }
    this.#readAt = performance.now();
    if (this.#offered !== null) this.offer(this.#offered);
  }

  end(last?: StreamEvent): void {
    if (this.#ended) return;
    if (last !== undefined) this.send(last);
    this.#response.end();
    this.#finish();
  }

  /** Nothing has been sent yet, and the answer will be another: a problem. */
  giveUp(): void {
    this.#finish();
  }

  /** Called once, however the stream ends; at once when it has. */
  onEnd(done: () => void): void {
    if (this.#ended) done();
    else this.#onEnd.push(done);
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const done of this.#onEnd.splice(0)) done();
  }
}
