import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Clock } from "../clock.ts";
import { failureOf, INTERIM, TransportFailure } from "./failure.ts";
import { PollConnections, type Releasing } from "./poll-connections.ts";
import { headersOf, type Incoming, type Lane, type Outgoing, type Transport, type TransportOptions } from "./port.ts";
import { undici } from "./undici.ts";

/** In ms. A gateway that closes idle connections earlier says so in a `Keep-Alive` field, or is met with one retry. */
const IDLE_MS = 60_000;

/**
 * The thin one, for what is asked thousands of times a second: undici's `dispatch` with nothing in between.
 *
 * @param onInterim told of a `100 Continue`, which undici takes for an error; the exchange fails with {@link INTERIM}
 */
export function createUndiciClient(options: TransportOptions, clock: Clock, onInterim: () => void): Transport {
  const { origin, pathname } = new URL(options.url);
  const basePath = pathname.replace(/\/$/, "");
  const { list, poll } = openConnections(origin, options);
  return {
    exchange: (outgoing) =>
      new Promise((resolve, reject) => {
        const { lane, method, body } = outgoing;
        const exchange = new Exchange(outgoing, options.maxAnswer, clock, resolve, (error) => {
          if (error instanceof TransportFailure && error.code === INTERIM) onInterim();
          reject(error);
        });
        // At the end of the event loop's turn, so that the calls of one turn go out together: one alone wakes the other
        // side for itself, which costs more than all else that a write does.
        setImmediate(() =>
          (lane === "poll" ? poll : list).dispatch(
            {
              origin,
              path: basePath + outgoing.path,
              method,
              headers: headersOf(outgoing),
              body: body ?? (method === "GET" ? null : ""),
            },
            exchange,
          ),
        );
      }),
    close() {
      void list.destroy();
      void poll.destroy();
    },
  };
}

interface Connections {
  dispatch(request: Dispatcher.DispatchOptions, handler: Releasing): unknown;
  destroy(): unknown;
}

/** For queries as many as the options say at most; for polls as many as there are at once. */
function openConnections(
  origin: string,
  { secureContext, proxy, connections }: TransportOptions,
): Readonly<Record<Exclude<Lane, "single">, Connections>> {
  const secure = secureContext && { secureContext, rejectUnauthorized: true };
  const common = {
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: IDLE_MS,
    // Whoever asks has one deadline for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const { buildConnector, Pool, ProxyAgent } = undici();
  if (proxy !== null) {
    const throughProxy = { ...common, uri: proxy, ...(secure && { requestTls: secure }) };
    return {
      list: new ProxyAgent({ ...throughProxy, connections }),
      poll: new ProxyAgent({ ...throughProxy, connections: null }),
    };
  }
  const connect = buildConnector({ ...secure, allowH2: false });
  return {
    list: new Pool(origin, { ...common, connections, connect }),
    poll: new PollConnections(origin, { ...common, connect }),
  };
}

/** One request under way, from its place in the queue to the last octet of its answer. Settles once. */
class Exchange implements Releasing {
  onReleased = (): void => undefined;
  readonly #outgoing: Outgoing;
  readonly #most: number;
  readonly #resolve: (incoming: Incoming) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #callOff: () => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #head: { readonly status: number; readonly headers: IncomingHttpHeaders } | undefined;
  #over = false;

  constructor(
    outgoing: Outgoing,
    most: number,
    clock: Clock,
    resolve: (incoming: Incoming) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#outgoing = outgoing;
    this.#most = most;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#callOff = clock.after(outgoing.timeoutMs, () => this.#fail(new TransportFailure("timeout", "TIMEOUT")));
    outgoing.signal?.addEventListener("abort", this.#leave);
  }

  readonly #leave = (): void => this.#fail(this.#outgoing.signal?.reason);

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (!this.#over) this.#outgoing.onReady?.();
    // One that was given up while its connection was being made waits for this moment to leave the queue.
    if (this.#over) controller.abort(givenUp());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#over) return;
    this.#head = { status, headers: asNodeHas(headers) };
    this.#outgoing.onHead(headers);
    if (Number(headers["content-length"]) > this.#most) this.#fail(tooLarge());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#most) this.#fail(tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.onReleased();
    if (this.#over || this.#head === undefined) return;
    this.#settle();
    const [only] = this.#chunks;
    const body = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks, this.#size);
    this.#resolve({ ...this.#head, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.onReleased();
    if (!this.#over) this.#fail(undiciFailure(error, this.#head !== undefined));
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#settle();
    this.#controller?.abort(givenUp());
    this.#reject(reason);
  }

  #settle(): void {
    this.#over = true;
    this.#callOff();
    this.#outgoing.signal?.removeEventListener("abort", this.#leave);
  }
}

const givenUp = (): Error => new Error("nobody waits for the answer");
const tooLarge = (): TransportFailure => new TransportFailure("too-large", "TOO_LARGE");

/** undici has one class, and one code, for whatever a connection can do that it did not expect: the text tells. */
function undiciFailure(error: Error, answered: boolean): TransportFailure {
  if (!answered && error instanceof undici().errors.SocketError) {
    if (error.message === "other side closed") return new TransportFailure("unreached", "ECONNRESET");
    if (error.message === "bad response") return new TransportFailure("not-http", INTERIM);
  }
  return failureOf(error, answered);
}

/** Repeated fields as node:http has them: `Set-Cookie` always as a list, others joined (RFC 9110, 5.3) but for the Guid. */
function asNodeHas(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  for (const name in headers) {
    const value = headers[name];
    if (name === "set-cookie") headers[name] = typeof value === "string" ? [value] : value;
    else if (Array.isArray(value) && name !== "set-guid") headers[name] = value.join(", ");
  }
  return headers;
}
