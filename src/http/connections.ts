import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Express } from "express";
import { Problem } from "../problems.ts";
import type { Ending } from "./ending.ts";
import type { HttpLog } from "./log.ts";
import * as nodeHttp from "./node-http.ts";
import { type ProblemTypes, problemBody } from "./problem-response.ts";
import { StandStill } from "./stand-still.ts";

type Message = { IncomingMessage: typeof IncomingMessage; ServerResponse: typeof ServerResponse<IncomingMessage> };

/** Sockets with an answer under way. */
const answering = new WeakSet<Socket>();

/**
 * Requests and responses that are born with Express's prototypes. Express sets them on each request otherwise, which
 * makes V8 forget the shape of both: the dearest part of an Express request.
 */
export function messagesOf(app: Express, ending: Ending): Message {
  class AppRequest extends nodeHttp.IncomingMessage {}
  class AppResponse extends nodeHttp.ServerResponse<IncomingMessage> {
    override assignSocket(socket: Socket): void {
      super.assignSocket(socket);
      answering.add(socket);
    }
    override writeHead(...head: unknown[]): this {
      if (ending.announced) this.shouldKeepAlive = false;
      // Whichever of its forms it was called in.
      return super.writeHead(...(head as Parameters<ServerResponse["writeHead"]>));
    }
    override detachSocket(socket: Socket): void {
      answering.delete(socket);
      super.detachSocket(socket);
    }
  }
  app.request = Object.setPrototypeOf(AppRequest.prototype, app.request) as Express["request"];
  app.response = Object.setPrototypeOf(AppResponse.prototype, app.response) as Express["response"];
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}

/**
 * What Node's server would settle by itself, with an empty answer or by waiting forever: bytes that are no request, an
 * expectation that nobody has, and a client that does not read.
 */
export function watchConnections(
  server: Server,
  app: Express,
  log: Pick<HttpLog, "request">,
  types: ProblemTypes,
): void {
  const standStill = new StandStill(server);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const isOurs = error.code === "ERR_HTTP_REQUEST_TIMEOUT" && standStill.isJustOver;
    if (isOurs) waitOnce(socket as Socket, server.headersTimeout);
    else refuseMalformed(error, socket as Socket, log, types);
  });
  // RFC 9110, 10.1.1 allows to go on; the answer is then the same as without.
  server.on("checkExpectation", app);
  server.on("timeout", (socket: Socket) => {
    // Who waits for a slow gateway has nothing to read yet.
    if (!answering.has(socket) || socket.writableLength > 0) socket.destroy();
  });
}

/** Its time begins anew. Node reads on where it is not told otherwise, but looks at this request's time no more. */
function waitOnce(socket: Socket, ms: number): void {
  const before = socket.bytesWritten;
  const look = (): void => {
    if (socket.bytesWritten === before && !answering.has(socket)) socket.destroy();
  };
  setTimeout(look, ms).unref();
}

/** What was wrong, by llhttp's code. Its reason quotes nothing, but is not for clients. */
const causes: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "the header is too large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "the chunk extensions are too large",
  ERR_HTTP_REQUEST_TIMEOUT: "the request was not complete in time",
};

/** After it the connection is closed: where the next request would begin cannot be told (RFC 9112, 11.2). */
function refuseMalformed(
  { code = "" }: NodeJS.ErrnoException,
  socket: Socket,
  log: Pick<HttpLog, "request">,
  types: ProblemTypes,
): void {
  // Written into another answer, or before it, it would be taken for a part of that one.
  if (!socket.writable || answering.has(socket)) {
    socket.destroy();
    return;
  }
  const message = Object.hasOwn(causes, code) ? (causes[code] ?? "") : "the request is not HTTP";
  const problem = new Problem("invalid-request", { errors: [{ path: "", message }] });
  const requestId = randomBytes(12).toString("base64url");
  const body = JSON.stringify(problemBody(problem, requestId, types));
  socket.end(
    [
      "HTTP/1.1 400 Bad Request",
      "Content-Type: application/problem+json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff",
      `X-Request-Id: ${requestId}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  const { status } = problem;
  log.request({ requestId, method: "-", route: "-", status, durationMs: 0, agentId: undefined }, problem);
}
