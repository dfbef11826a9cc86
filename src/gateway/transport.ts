import type { IncomingHttpHeaders } from "node:http";
import got, { type RequestFunction } from "got";
import { errors } from "undici";
import { type Answer, Exchange, openConnections } from "./connections.ts";
import { TransportFailure } from "./fault.ts";

/** An event poll hangs for 10 s, so polls have sockets of their own: neither they nor the calls starve the other. */
export type Lane = "calls" | "polls";

export interface Outgoing {
  readonly lane: Lane;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the gateway's URL, from its slash on; made of words and checked ids only. */
  readonly path: string;
  /** `null` for the sign-in, which has no Guid yet. */
  readonly guid: string | null;
  /** The `Cookie` header; empty: none. */
  readonly cookies: string;
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** When the connection stands, before the first byte goes out: the last moment to abort without a trace. */
  onReady?(): void;
  /** The head of the answer, also of one that is then cut off: it may bring a new Guid. */
  onHead(headers: IncomingHttpHeaders): void;
}

export interface Incoming {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TransportOptions {
  readonly url: string;
  /** PEM text to trust beside the system's authorities. */
  readonly ca: string | null;
  /** Sockets of the calls lane. */
  readonly maxSockets: number;
  /** In bytes. */
  readonly maxAnswer: number;
}

export interface Transport {
  /**
   * One HTTP exchange: no retry, no redirect, every status is an answer. Rejects with a {@link TransportFailure}, or
   * with the signal's reason once nobody waits for the answer any more.
   */
  exchange(outgoing: Outgoing): Promise<Incoming>;
  close(): void;
}

/** Marked mandatory on every page of the gateway's reference, for a GET without a body too. */
const CONTENT_TYPE = "application/json; charset=UTF-8";

/**
 * What got is asked. Of a plain object it would make two copies more; and what goes out is in the request function, since
 * got's own headers, timeouts and request translate, check and time so much that a call costs three times as much.
 */
class Asked {
  readonly request: RequestFunction;
  declare readonly method?: Outgoing["method"];

  constructor(method: Outgoing["method"], request: RequestFunction) {
    this.request = request;
    // A GET is what got takes it for anyway.
    if (method !== "GET") this.method = method;
  }
}

function prepareGot(): typeof got {
  const prepared = got.extend({
    retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    mutableDefaults: true,
  });
  // got copies its defaults for each call: what is not in them costs nothing.
  prepared.defaults.options.https = {};
  prepared.defaults.options.headers = {};
  return prepared;
}

export function createTransport(options: TransportOptions): Transport {
  const { origin, pathname } = new URL(options.url);
  const basePath = pathname.replace(/\/$/, "");
  const pools: Record<Lane, ReturnType<typeof openConnections>> = {
    calls: openConnections(origin, options.maxSockets, options.ca),
    polls: openConnections(origin, null, options.ca),
  };
  const client = prepareGot();

  function exchange(outgoing: Outgoing): Promise<Incoming> {
    const { method, signal } = outgoing;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      let answer: Answer | undefined;
      const chunks: Buffer[] = [];
      let size = 0;
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", leave);
      };
      const fail = (reason: unknown): void => {
        settle();
        stream.destroy();
        sent.abort();
        reject(reason);
      };
      const failed = (error: Error): void => fail(failureOf(error, answer !== undefined));
      const leave = (): void => fail(signal?.reason);
      const timer = setTimeout(() => fail(new TransportFailure("timeout", "TIMEOUT")), Math.max(outgoing.timeoutMs, 0));
      signal?.addEventListener("abort", leave);

      let headArrived: (answer: Answer) => void;
      const sent = new Exchange({
        ready: () => outgoing.onReady?.(),
        answered(head) {
          answer = head;
          outgoing.onHead(head.headers);
          if (Number(head.headers["content-length"]) > options.maxAnswer) {
            fail(new TransportFailure("too-large", "TOO_LARGE"));
          } else headArrived(head);
        },
        failed,
      });
      const send = (): Promise<Answer> =>
        new Promise((resolve) => {
          headArrived = resolve;
          // At the end of the event loop's turn, so that the calls of one turn go out together: one alone wakes the other
          // side for itself, which costs more than all else that a write does.
          setImmediate(dispatch);
        });
      const dispatch = (): void => {
        if (stream.destroyed) return;
        const path = basePath + outgoing.path;
        const body = outgoing.body ?? (method === "GET" ? null : "");
        pools[outgoing.lane].dispatch({ method, path, headers: headersOf(outgoing), body }, sent);
      };
      const stream = client.stream(origin, new Asked(method, send as unknown as RequestFunction));
      stream.on("error", failed);
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > options.maxAnswer) fail(new TransportFailure("too-large", "TOO_LARGE"));
        else chunks.push(chunk);
      });
      stream.on("end", () => {
        settle();
        resolve({
          status: answer?.statusCode ?? 0,
          headers: answer?.headers ?? {},
          body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size),
        });
      });
      if (method !== "GET") stream.end();
    });
  }

  return {
    exchange,
    close() {
      for (const pool of Object.values(pools)) void pool.destroy();
    },
  };
}

function headersOf({ guid, cookies }: Outgoing): Record<string, string> {
  const headers: Record<string, string> = { "Content-Type": CONTENT_TYPE };
  if (guid !== null) headers.Guid = guid;
  if (cookies !== "") headers.Cookie = cookies;
  return headers;
}

/** What undici says to an answer that was not to be expected. */
const unreadable = [
  errors.SocketError,
  errors.HTTPParserError,
  errors.HeadersOverflowError,
  errors.ResponseContentLengthMismatchError,
];

/** Also of got's own errors, which bear the code of their cause. */
function failureOf(error: Error, answered: boolean): TransportFailure {
  const code = "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  if (answered) return new TransportFailure("cut-off", code);
  // undici has one class for a connection that was closed over a request and for an answer that was not to be expected.
  const closed = error instanceof errors.SocketError && error.message === "other side closed";
  if (closed) return new TransportFailure("unreached", "ECONNRESET");
  if (error instanceof errors.ConnectTimeoutError) return new TransportFailure("timeout", code);
  return new TransportFailure(unreadable.some((kind) => error instanceof kind) ? "not-http" : "unreached", code);
}
