import http from "node:http";
import https from "node:https";
import got from "got";
import { TransportFailure } from "./fault.ts";
import { trustedContext } from "./tls-trust.ts";

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
  onHead(headers: http.IncomingHttpHeaders): void;
}

export interface Incoming {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
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

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "UNKNOWN";
};

export function createTransport(options: TransportOptions): Transport {
  const base = new URL(options.url);
  const secure = base.protocol === "https:";
  const basePath = base.pathname.replace(/\/$/, "");
  const target = {
    host: base.hostname.replace(/^\[|\]$/g, ""),
    port: base.port === "" ? (secure ? 443 : 80) : Number(base.port),
  };
  const tls = secure ? { secureContext: trustedContext(options.ca), rejectUnauthorized: true } : {};
  const createAgent = (limits: http.AgentOptions): http.Agent =>
    secure ? new https.Agent({ keepAlive: true, ...limits, ...tls }) : new http.Agent({ keepAlive: true, ...limits });
  const agents: Record<Lane, http.Agent> = {
    calls: createAgent({ maxSockets: options.maxSockets, maxFreeSockets: options.maxSockets }),
    polls: createAgent({ maxFreeSockets: Number.POSITIVE_INFINITY }),
  };
  const open = secure ? https.request : http.request;
  // Few and prepared options, the stream form and a request function of our own: with its own one got clones, checks,
  // times and translates so much that a call costs three times as much.
  const client = got.extend({
    retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
  });

  function exchange(outgoing: Outgoing): Promise<Incoming> {
    const { method, signal } = outgoing;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const body = outgoing.body ?? "";
    const headers: http.OutgoingHttpHeaders = { "Content-Type": CONTENT_TYPE };
    if (outgoing.guid !== null) headers.Guid = outgoing.guid;
    if (outgoing.cookies !== "") headers.Cookie = outgoing.cookies;
    if (method !== "GET") headers["Content-Length"] = Buffer.byteLength(body);

    return new Promise((resolve, reject) => {
      let request: http.ClientRequest | undefined;
      let answer: http.IncomingMessage | undefined;
      const chunks: Buffer[] = [];
      let size = 0;

      const start = (headArrived: (response: http.IncomingMessage) => void, failed: (error: Error) => void): void => {
        if (stream.destroyed) return;
        const path = basePath + outgoing.path;
        request = open({ ...target, method, path, headers, agent: agents[outgoing.lane] });
        if (outgoing.onReady !== undefined) whenReady(request, secure, () => outgoing.onReady?.());
        request.on("response", headArrived);
        request.on("error", failed);
        // Nobody asked for another protocol; without a listener such an answer would end nothing.
        request.on("upgrade", (_response, socket) => {
          socket.destroy();
          fail(new TransportFailure("cut-off", "HTTP_101"));
        });
        request.end(body);
      };
      // At the end of the event loop's turn, so that the calls of one turn go out together: one alone wakes the other side
      // for itself, which costs more than all else that a write does.
      const send = (): Promise<http.IncomingMessage> =>
        new Promise((headArrived, failed) => {
          setImmediate(start, headArrived, failed);
        });
      const stream = client.stream(base.origin, { method, request: send });

      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", leave);
      };
      const fail = (reason: unknown): void => {
        settle();
        stream.destroy();
        request?.destroy();
        reject(reason);
      };
      const leave = (): void => fail(signal?.reason);
      const timer = setTimeout(() => fail(new TransportFailure("timeout", "TIMEOUT")), Math.max(outgoing.timeoutMs, 0));
      signal?.addEventListener("abort", leave);

      stream.on("error", (error) => fail(new TransportFailure(answer ? "cut-off" : "unreached", codeOf(error))));
      stream.on("response", (response: http.IncomingMessage) => {
        answer = response;
        outgoing.onHead(response.headers);
        if (Number(response.headers["content-length"]) > options.maxAnswer) {
          fail(new TransportFailure("too-large", "TOO_LARGE"));
        }
      });
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
      agents.calls.destroy();
      agents.polls.destroy();
    },
  };
}

/** Before anything is written: what the request has written by then waits in the socket until it is connected. */
function whenReady(request: http.ClientRequest, secure: boolean, ready: () => void): void {
  request.once("socket", (socket) => {
    if (request.reusedSocket) ready();
    else socket.prependOnceListener(secure ? "secureConnect" : "connect", ready);
  });
}
