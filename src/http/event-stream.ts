import type { Request, Response } from "express";

/** A client that does not read is let go when more is to be said: so much and one event may wait for it. */
const MOST_UNREAD_BYTES = 262_144;
const UNREAD_MS = 60_000;

export interface StreamEvent {
  readonly event: string;
  /** JSON text, without line breaks. */
  readonly data: string;
  readonly id?: string;
}

/** One open stream of server-sent events, as the HTML standard frames them. */
export class EventStream {
  readonly #response: Response;
  readonly #onEnd: (() => void)[] = [];
  #lastWrite = 0;
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
    this.#response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    });
  }

  send({ event, data, id }: StreamEvent): void {
    this.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
  }

  /** Text that is framed already; the same text for many listeners is made once. */
  write(text: string): void {
    if (this.#ended) return;
    // Looked at before: a list may be larger than that by itself, and takes a moment to go out.
    if (this.#response.writableLength > MOST_UNREAD_BYTES) {
      this.#response.destroy();
      return;
    }
    this.#lastWrite = performance.now();
    this.#response.write(text);
  }

  /** What still goes out is a sign of life by itself; a client that takes none of it for long is gone. */
  keepOpen(now: number, commentMs: number): void {
    const quietMs = now - this.#lastWrite;
    if (this.#response.writableLength === 0) {
      if (quietMs >= commentMs) this.write(":\n\n");
    } else if (quietMs >= UNREAD_MS) this.#response.destroy();
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
