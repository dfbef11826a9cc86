import assert from "node:assert/strict";
import { request as httpRequest, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import express from "express";
import { connectionLimits, createHttpServer, listen } from "../../src/http/server.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken, startTestService, type TestService } from "../support/service.ts";

/** Status and body of an answer that was read raw; asserts that it is one whole answer and nothing after it. */
function taken(text: string): { status: number; head: string; body: Record<string, unknown> } {
  const [head = "", body = "", ...rest] = text.split("\r\n\r\n");
  assert.deepEqual(rest, [], "one answer");
  assert.equal(Number(/content-length: (\d+)/i.exec(head)?.[1]), Buffer.byteLength(body, "latin1"));
  return { status: Number(head.split(" ")[1]), head, body: JSON.parse(body) as Record<string, unknown> };
}

describe("bytes that are no request get a problem and the end of the connection", () => {
  let gateway: Awaited<ReturnType<typeof startScriptedGateway>>;
  let service: TestService;
  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url);
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  const get = "GET /livez HTTP/1.1\r\nHost: a\r\n";
  const malformed: readonly [what: string, bytes: string, message: RegExp][] = [
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", /not HTTP/],
    ["a method that there is not", "HACK /livez HTTP/1.1\r\nHost: a\r\n\r\n", /not HTTP/],
    ["a header with a control character", `${get}X-A: a\x01b\r\n\r\n`, /not HTTP/],
    ["a header that goes on in the next line", `${get}X-A: a\r\n b\r\nX: c d: e\x00\r\n\r\n`, /not HTTP/],
    ["two lengths", `${get}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`, /not HTTP/],
    ["a length and chunks", `${get}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /not HTTP/],
    ["an encoding after chunks", `${get}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, /not HTTP/],
    ["a negative length", `${get}Content-Length: -1\r\n\r\n`, /not HTTP/],
    ["a header of 20 KiB", `${get}X-A: ${"a".repeat(20_000)}\r\n\r\n`, /too large/],
    ["a path of 20 KiB", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, /too large/],
  ];
  for (const [what, bytes, message] of malformed) {
    test(what, async () => {
      const connection = await openRawConnection(service.url);
      connection.send(Buffer.from(bytes, "latin1"));
      const { status, head, body } = taken(await connection.all(2_000));
      assert.equal(status, 400);
      assert.match(head, /^content-type: application\/problem\+json/im);
      assert.equal(body.code, "invalid-request");
      assert.match(JSON.stringify(body.errors), message);
      assert.ok(
        service.logged.some((line) => line.includes(String(body.requestId))),
        "it is in the log",
      );
      assert.equal(await connection.closedWithin(1_000), true);
    });
  }

  test("behind a good request, whose answer is not mixed with it", async () => {
    const connection = await openRawConnection(service.url);
    connection.send(`${get}\r\nGARBAGE\r\n\r\n`);
    const text = await connection.all(2_000);
    assert.ok(text === "" || /^HTTP\/1\.1 200 [\s\S]*\{"status":"ok"\}/.test(text), text);
    assert.doesNotMatch(text, /^HTTP\/1\.1 400[\s\S]*HTTP\/1\.1 200/);
  });

  test("an expectation that nobody has is passed over", async () => {
    const connection = await openRawConnection(service.url);
    connection.send(`${get}Expect: miracles\r\nConnection: close\r\n\r\n`);
    assert.equal(taken(await connection.all(2_000)).status, 200);
  });

  test("a smuggled second request is never answered", async () => {
    const hidden = "GET /problems/csrf HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const framing of [
      "Transfer-Encoding : chunked",
      "Transfer-Encoding:\x0bchunked",
      "Transfer-Encoding: xchunked",
    ]) {
      const connection = await openRawConnection(service.url);
      connection.send(
        Buffer.from(
          `POST /session HTTP/1.1\r\nHost: a\r\n${framing}\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`,
          "latin1",
        ),
      );
      assert.doesNotMatch(await connection.all(1_000), /may come from another site/);
      connection.close();
    }
  });

  test("a HEAD of a stream is answered at once and holds no place of a stream", { timeout: 5_000 }, async () => {
    const authorization = `Bearer ${appToken({ sub: "user-1", sid: "head" })}`;
    const agent = { agentId: "1201", password: "", phoneNumber: "1" };
    const headers = { authorization, "content-type": "application/json" };
    const signedIn = await fetch(`${service.url}/session`, { method: "POST", headers, body: JSON.stringify(agent) });
    assert.equal(signedIn.status, 201);
    for (let many = 0; many < 10; many++) {
      for (const path of ["/conferences/stream", "/session/events"]) {
        const answer = await fetch(service.url + path, { method: "HEAD", headers: { authorization } });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
      }
    }
    assert.match(await (await fetch(`${service.url}/metrics`)).text(), /open_streams 0\n/);
  });
});

describe("a connection is not held", () => {
  const large = "x".repeat(32 * 1024 * 1024);
  let server: Server;
  let url: string;
  before(async () => {
    const app = express().set("env", "test");
    app.post("/body", express.json(), (_request, response) => void response.end("read"));
    app.get("/large", (_request, response) => void response.end(large));
    app.get("/slow", (_request, response) => void setTimeout(() => response.end("late"), 900));
    const short = {
      headersTimeout: 300,
      requestTimeout: 600,
      checkInterval: 50,
      keepAliveTimeout: 300,
      unreadTimeout: 400,
    };
    server = createHttpServer(app, { request: () => undefined }, { limits: { ...connectionLimits, ...short } });
    url = await listen(server, "127.0.0.1", 0);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test("by a client that sends nothing", async () => {
    const connection = await openRawConnection(url);
    assert.equal(await connection.closedWithin(2_000), true);
    assert.match(connection.received(), /not complete in time/);
  });

  test("but a request that lay unread while the process stood still is answered, and who sent none is let go", async () => {
    const [connection, silent] = [await openRawConnection(url), await openRawConnection(url)];
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    assert.equal(await silent.closedWithin(2_000), true);
    assert.equal(await connection.closedWithin(4_000), true);
    assert.match(connection.received(), /^HTTP\/1\.1 200 /);
  });

  test("by a header that never ends, a byte now and then", async () => {
    const connection = await openRawConnection(url);
    connection.send("GET /slow HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    const drip = setInterval(() => connection.send("a"), 20);
    assert.equal(await connection.closedWithin(2_000), true);
    clearInterval(drip);
  });

  test("by a body that never ends", async () => {
    const connection = await openRawConnection(url);
    connection.send(
      "POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
    );
    const drip = setInterval(() => connection.send("["), 20);
    assert.equal(await connection.closedWithin(3_000), true);
    clearInterval(drip);
  });

  test("after its answer, when no other request comes", async () => {
    const connection = await openRawConnection(url);
    connection.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(await connection.closedWithin(3_000), true);
    assert.match(connection.received(), /^HTTP\/1\.1 404/);
  });

  test("by a client that does not read its answer", async () => {
    const connection = await openRawConnection(url);
    connection.socket.pause();
    connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    const gone = new Promise<boolean>((resolve) => {
      const look = setInterval(() => {
        server.getConnections((_error, count) => {
          if (count > 0) return;
          clearInterval(look);
          resolve(true);
        });
      }, 50);
      setTimeout(() => {
        clearInterval(look);
        resolve(false);
      }, 4_000);
    });
    assert.equal(await gone, true);
    connection.close();
  });

  test("but a client that waits for a slow answer gets it", async () => {
    const body = await new Promise<string>((resolve, reject) => {
      const outgoing = httpRequest(`${url}/slow`, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(text));
      });
      outgoing.on("error", reject).end();
    });
    assert.equal(body, "late");
  });
});
