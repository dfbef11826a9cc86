import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** 1 for the first. */
  readonly number: number;
}

export interface StubService {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  /** Streams that are open now. */
  readonly open: ReadonlySet<ServerResponse>;
  /** From the next request on. */
  answerWith(answer: StubAnswer): void;
  close(): Promise<void>;
}

export type StubAnswer = (response: ServerResponse, request: StubRequest) => void;

/** What the service says on the outside, and nothing behind it: for what a healthy one would not do when a test wants it. */
export async function startStubService(answer: StubAnswer): Promise<StubService> {
  const requests: StubRequest[] = [];
  const sockets = new Set<Socket>();
  const open = new Set<ServerResponse>();
  let current = answer;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    open.add(response);
    response.on("close", () => open.delete(response));
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { method = "", url: path = "", headers } = incoming;
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      requests.push({ method, path, headers, body, number: requests.length + 1 });
      current(response, requests.at(-1) as StubRequest);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open,
    answerWith(next) {
      current = next;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const json =
  (body: unknown, status = 200): StubAnswer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(body));
  };

export const problem =
  (code: string, status: number, more: object = {}, headers: Readonly<Record<string, string>> = {}): StubAnswer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/problem+json", ...headers });
    const body = { type: `/problems/${code}`, title: code, status, detail: `${code}.`, code, requestId: "r", ...more };
    response.end(JSON.stringify(body));
  };

/** What a proxy says when nobody is behind it. */
export const badGateway =
  (status = 502): StubAnswer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "text/html" });
    response.end("<h1>Bad Gateway</h1>");
  };

export interface StubEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
  readonly retry?: number;
}

/** A stream that says these, and stays open. */
export const events =
  (...said: readonly StubEvent[]): StubAnswer =>
  (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    for (const one of said) say(response, one);
  };

export function say(response: ServerResponse, { event, data, id, retry }: StubEvent): void {
  const head = `${id === undefined ? "" : `id: ${id}\n`}${retry === undefined ? "" : `retry: ${retry}\n`}`;
  response.write(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

export const list = (...ids: readonly string[]): StubEvent => ({
  event: "conferences",
  id: `list-${ids.join("-")}`,
  data: { conferences: ids.map((id) => ({ id })) },
});

/** @param ageMs how long ago the gateway has confirmed the list */
export function alive(ageMs = 0, intervalMs = 2_000, at = Date.now()): StubEvent {
  const asOf = new Date(at - ageMs).toISOString();
  return { event: "alive", data: { at: new Date(at).toISOString(), asOf, intervalMs } };
}
