import { type ClientRequest, Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import got, { TimeoutError } from "got";
import { failureOf, TransportFailure } from "./failure.ts";
import { headersOf, type Incoming, type Outgoing, type Transport, type TransportOptions } from "./port.ts";

/**
 * got in its documented way, for what changes something or is rare.
 *
 * @param onInterim told of a `100 Continue`, which is passed over
 */
export function createGotClient(options: TransportOptions, onInterim: () => void): Transport {
  const kept = openAgents(options, true);
  const unused = openAgents(options, false);
  const client = got.extend({
    prefixUrl: options.url,
    https: { rejectUnauthorized: true },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
  });

  async function exchange(outgoing: Outgoing): Promise<Incoming> {
    const { method, body, signal, onReady } = outgoing;
    let head: Omit<Incoming, "body"> | undefined;
    let failure: TransportFailure | undefined;
    let connected = false;
    const stream = client.stream(outgoing.path.slice(1), {
      method,
      headers: headersOf(outgoing),
      ...(method !== "GET" && { body: body ?? "" }),
      agent: outgoing.lane === "single" ? unused : kept,
      timeout: { request: outgoing.timeoutMs },
      ...(signal && { signal }),
    });
    const giveUp = (reason: TransportFailure): void => {
      failure = reason;
      stream.destroy(reason);
    };
    stream.on("request", (request: ClientRequest) => {
      request.on("continue", onInterim);
      request.on("upgrade", (_answer, socket) => {
        socket.destroy();
        giveUp(new TransportFailure("not-http", "NOT_HTTP"));
      });
      whenReady(request, () => {
        connected = true;
        onReady?.();
      });
    });
    stream.on("response", (answer: IncomingMessage) => {
      head = { status: answer.statusCode ?? 0, headers: headersOfAnswer(answer) };
      outgoing.onHead(head.headers);
      if (Number(answer.headers["content-length"]) > options.maxAnswer) giveUp(tooLarge());
    });
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of stream) {
        size += chunk.length;
        if (size > options.maxAnswer) throw tooLarge();
        chunks.push(chunk);
      }
      return { status: head?.status ?? 0, headers: head?.headers ?? {}, body: Buffer.concat(chunks, size) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof TransportFailure) throw error;
      if (error instanceof TimeoutError) throw new TransportFailure("timeout", "TIMEOUT", connected);
      if (failure !== undefined) throw failure;
      const { kind, code } = failureOf(error, head !== undefined);
      throw new TransportFailure(kind, code, connected);
    }
  }

  return {
    exchange,
    close() {
      for (const agents of [kept, unused]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

const tooLarge = (): TransportFailure => new TransportFailure("too-large", "TOO_LARGE");

/**
 * What is sent once only goes out on a connection of its own: a kept one may be dead already, which shows no sooner than
 * when the request is on its way.
 */
function openAgents(
  { secureContext, proxy }: TransportOptions,
  keepAlive: boolean,
): { http: HttpAgent; https: HttpsAgent } {
  const proxyEnv = proxy === null ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  return {
    http: new HttpAgent({ keepAlive, proxyEnv }),
    https: new HttpsAgent({ keepAlive, proxyEnv, rejectUnauthorized: true, ...(secureContext && { secureContext }) }),
  };
}

/** Node joins repeated fields that it does not know; of two Guids the later one counts. */
function headersOfAnswer({ headers, headersDistinct }: IncomingMessage): IncomingHttpHeaders {
  const guids = headersDistinct["set-guid"];
  return guids === undefined || guids.length < 2 ? headers : { ...headers, "set-guid": guids };
}

/** Node writes a request when its socket has connected, and with TLS after the handshake. */
function whenReady(request: ClientRequest, ready: () => void): void {
  request.once("socket", (socket) => {
    if (!socket.connecting) ready();
    else socket.once("encrypted" in socket ? "secureConnect" : "connect", ready);
  });
}
