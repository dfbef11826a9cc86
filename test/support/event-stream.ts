import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
  /** The block's `retry`, in ms. */
  readonly retry: number | undefined;
  /** A reading of `performance.now()`. */
  readonly at: number;
}

/** Long for a machine that has much else to do; nobody waits for it where all is well. */
const PATIENCE_MS = 10_000;

/** A reader of server-sent events on a socket of its own. */
export class EventStreamReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly received: ReceivedEvent[] = [];
  /** The `alive` events, which say nothing of what is told. */
  readonly alive: ReceivedEvent[] = [];
  /** Blocks without data, as they came: some clients parse every block, so there must be none. */
  readonly others: string[] = [];
  ended = false;
  /** The whole answer, for one that is no stream. */
  text = "";
  readonly #request: ClientRequest;
  readonly #waiting = new Set<() => void>();
  #read = 0;
  #readAlive = 0;
  #rest = "";
  #last: string | undefined;

  static async open(
    url: string,
    headers: Readonly<Record<string, string>>,
    method: "GET" | "HEAD" = "GET",
  ): Promise<EventStreamReader> {
    const opening = request(url, { headers, method, agent: false });
    opening.end();
    const [response] = (await once(opening, "response", {
      signal: AbortSignal.timeout(PATIENCE_MS),
    })) as [IncomingMessage];
    return new EventStreamReader(opening, response);
  }

  private constructor(opened: ClientRequest, response: IncomingMessage) {
    this.#request = opened;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#take(text));
    response.on("error", () => undefined);
    opened.on("error", () => undefined);
    response.on("close", () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** The next event that nobody has read yet; with a name, the next one of that name. */
  async next(name?: string, patienceMs = PATIENCE_MS): Promise<ReceivedEvent> {
    const until = performance.now() + patienceMs;
    for (;;) {
      const place = this.received.findIndex(({ event }, at) => at >= this.#read && (name ?? event) === event);
      const found = this.received[place];
      if (found !== undefined) {
        this.#read = place + 1;
        return found;
      }
      assert.ok(!this.ended, `the stream ended before ${name ?? "an event"}`);
      await this.#changed(until, name ?? "an event");
    }
  }

  async nextAlive(patienceMs = PATIENCE_MS): Promise<ReceivedEvent> {
    const until = performance.now() + patienceMs;
    for (;;) {
      const found = this.alive[this.#readAlive];
      if (found !== undefined) {
        this.#readAlive += 1;
        return found;
      }
      assert.ok(!this.ended, "the stream ended before it was said to be alive");
      await this.#changed(until, "alive");
    }
  }

  async untilEnd(patienceMs = PATIENCE_MS): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!this.ended) await this.#changed(until, "the end");
  }

  close(): void {
    this.#request.destroy();
  }

  async #changed(until: number, what: string): Promise<void> {
    const left = until - performance.now();
    assert.ok(left > 0, `no ${what} in time, after ${JSON.stringify(this.received.map(({ event }) => event))}`);
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, left);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #take(text: string): void {
    this.text += text;
    const isWhole = text.includes("\n\n") || (text.startsWith("\n") && this.#last === "\n");
    this.#last = text.at(-1);
    // A large event comes in many parts: looked through once, and not at each.
    if (!isWhole) {
      this.#rest += text;
      return;
    }
    const blocks = `${this.#rest}${text}`.split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) this.#block(block);
    this.#wake();
  }

  #block(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")] as const;
      }),
    );
    const [event, text, retry] = [fields.get("event"), fields.get("data"), fields.get("retry")];
    if (event === undefined || text === undefined) {
      this.others.push(block);
      return;
    }
    const data: unknown = JSON.parse(text);
    const list = event === "alive" ? this.alive : this.received;
    const at = performance.now();
    list.push({ event, id: fields.get("id"), data, retry: retry === undefined ? undefined : Number(retry), at });
  }
}
