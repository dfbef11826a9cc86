import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { trustedContext } from "./tls-trust.ts";

/** An answer from its head on; its body follows. */
export class Answer extends Readable {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;

  constructor(statusCode: number, headers: IncomingHttpHeaders) {
    // Nothing is left to be closed when it ends, and nobody waits for a word of it.
    super({ autoDestroy: false, emitClose: false });
    this.statusCode = statusCode;
    this.headers = headers;
  }

  /** The body is bounded by whoever reads it: nothing holds the gateway back. */
  override _read(): void {}
}

export interface Listener {
  /** When the connection stands, before the first byte goes out: aborted here, the request leaves no trace. */
  ready(): void;
  answered(answer: Answer): void;
  /** Before the head of an answer or after it; at most once, and not after an abort. */
  failed(error: Error): void;
}

/** One request under way on a connection of its own. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #listener: Listener;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: Answer | undefined;
  #aborted = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(new Error("nobody waits for the answer"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // One that was given up while its connection was being made waits for this moment to leave the queue.
    if (this.#aborted) controller.abort(new Error("nobody waits for the answer"));
    else this.#listener.ready();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#answer = new Answer(status, asNodeHas(headers));
    this.#listener.answered(this.#answer);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#answer?.push(chunk);
  }

  onResponseEnd(): void {
    this.#answer?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.#aborted) this.#listener.failed(error);
  }
}

/** In ms. A gateway that closes idle connections earlier says so in a `Keep-Alive` field, or is met with one retry. */
const IDLE_MS = 60_000;

/**
 * Kept-alive connections to the gateway: undici's, whose calls cost a third of what node:http's do.
 *
 * @param connections at most; null: as many as there are requests at once
 * @param ca PEM text to trust beside the system's authorities
 */
export function openConnections(origin: string, connections: number | null, ca: string | null): Pool {
  const secure = origin.startsWith("https:");
  return new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: IDLE_MS,
    // Whoever asks has one deadline for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(secure && { connect: { secureContext: trustedContext(ca), rejectUnauthorized: true } }),
  });
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
