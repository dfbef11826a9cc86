import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** 1 for the first request that the server saw. */
  readonly number: number;
  /** 1 for the first connection; tells a reused socket from a new one. */
  readonly connection: number;
}

/** Answers one request in any way at all: `response.socket` is there for what HTTP does not allow. */
export type RawAnswer = (response: ServerResponse, request: RawRequest) => void;

export interface RawGateway {
  /** What a client of the gateway is configured with. */
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** From the next request on. */
  answerWith(answer: RawAnswer): void;
  close(): Promise<void>;
}

/** A gateway without any manners of its own, for what no simulator would do. */
export async function startRawGateway(answer: RawAnswer): Promise<RawGateway> {
  const requests: RawRequest[] = [];
  const connections = new Map<Socket, number>();
  let opened = 0;
  let current = answer;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => {});
    incoming.on("end", () => {
      const request: RawRequest = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
        number: requests.length + 1,
        connection: connections.get(incoming.socket) ?? 0,
      };
      requests.push(request);
      current(response, request);
    });
  });
  server.on("connection", (socket) => {
    opened += 1;
    connections.set(socket, opened);
    socket.on("error", () => {});
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/agentgateway/resource`,
    requests,
    answerWith(next) {
      current = next;
    },
    close() {
      for (const socket of connections.keys()) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const JSON_TYPE = "application/json; charset=UTF-8";

/** An ordinary answer with this body. */
export const answerJson =
  (body: unknown, headers: Readonly<Record<string, string | string[]>> = {}): RawAnswer =>
  (response) => {
    response.writeHead(200, { "Content-Type": JSON_TYPE, ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** A success without content. */
export const answerSuccess = answerJson({ message: "", retcode: "0" });
