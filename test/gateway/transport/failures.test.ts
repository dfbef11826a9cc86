import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { TransportFailure } from "../../../src/gateway/transport/failure.ts";
import { answerSuccess, type RawAnswer, startRawGateway } from "../../support/raw-gateway.ts";
import { MOST, type Open, question, withBothClients } from "./both-clients.ts";

const gateway = await startRawGateway(answerSuccess);
after(() => gateway.close());

async function failureOf(open: Open, answer: RawAnswer, timeoutMs = 1_500): Promise<string> {
  gateway.answerWith(answer);
  const transport = open(gateway.url);
  const began = performance.now();
  try {
    await transport.exchange(question({ timeoutMs }));
  } catch (error) {
    assert.ok(error instanceof TransportFailure, inspect(error));
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /secret|127\.0\.0\.1|agentconf/);
    assert.ok(error.kind === "timeout" || performance.now() - began < 1_200, "long before the time is over");
    return `${error.kind} ${error.code}`;
  } finally {
    transport.close();
  }
  return assert.fail("the exchange succeeded");
}

const head = (rest: string): RawAnswer => {
  return (response) => void response.socket?.end(`HTTP/1.1 200 OK\r\n${rest}`);
};

/** What happens on the way, and how the one table of failures calls it, whatever client met it. */
const failures: readonly (readonly [what: string, answer: RawAnswer, called: string])[] = [
  ["a connection that is reset", (response) => response.socket?.resetAndDestroy(), "unreached ECONNRESET"],
  ["a connection that is closed", (response) => response.socket?.destroy(), "unreached ECONNRESET"],
  ["a head that is cut off", (response) => response.socket?.end("HTTP/1.1 200 OK\r\nX: "), "unreached ECONNRESET"],
  ["something that is not HTTP", (response) => response.socket?.end("SSH-2.0-OpenSSH\r\n"), "not-http NOT_HTTP"],
  ["a status that is none", (response) => response.socket?.end("HTTP/1.1 abc\r\n\r\n"), "not-http NOT_HTTP"],
  [
    "a length and chunks",
    head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"),
    "not-http NOT_HTTP",
  ],
  ["two lengths", head("Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"), "not-http NOT_HTTP"],
  [
    "a head without an end",
    (response) => response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(200_000)}`),
    "not-http NOT_HTTP",
  ],
  [
    "an upgrade that nobody asked for",
    (response) =>
      response.socket?.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
    "not-http NOT_HTTP",
  ],
  ["a body shorter than announced", head('Content-Length: 500\r\n\r\n{"retcode"'), "cut-off CUT_OFF"],
  ["chunks that end too soon", head('Transfer-Encoding: chunked\r\n\r\n5\r\n{"ret'), "cut-off CUT_OFF"],
  [
    "a body that is reset",
    (response) => {
      response.writeHead(200).write("{");
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    },
    "cut-off CUT_OFF",
  ],
  [
    "a huge body by its announcement",
    (response) => response.writeHead(200, { "Content-Length": MOST + 1 }).flushHeaders(),
    "too-large TOO_LARGE",
  ],
  [
    "a huge body without one",
    (response) => {
      response.on("error", () => {});
      for (let part = 0; part < 17; part++) response.write(Buffer.alloc(MOST / 16, " "));
    },
    "too-large TOO_LARGE",
  ],
  ["no answer at all", () => {}, "timeout TIMEOUT"],
  ["a head and then nothing", (response) => response.writeHead(200).write("{"), "timeout TIMEOUT"],
];

withBothClients("what goes wrong with an exchange has one name:", (open) => {
  for (const [what, answer, called] of failures) {
    const time = called.startsWith("timeout") ? 150 : 1_500;
    test(what, async () => assert.equal(await failureOf(open, answer, time), called));
  }

  test("an answer that drips", async () => {
    const drip: RawAnswer = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    };
    assert.equal(await failureOf(open, drip, 150), "timeout TIMEOUT");
  });

  test("nobody listens, or the name is none", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    // A label of 64 characters, one too many: refused by the resolver itself, without asking a name server.
    const names = {
      [`http://127.0.0.1:${port}/x`]: "ECONNREFUSED",
      [`http://${"x".repeat(64)}.invalid/x`]: "ENOTFOUND",
    };
    for (const [url, code] of Object.entries(names)) {
      const transport = open(url);
      await assert.rejects(transport.exchange(question()), { kind: "unreached", code });
      transport.close();
    }
  });

  test("TLS is asked of a server that has none", async () => {
    const transport = open(gateway.url.replace("http:", "https:"));
    await assert.rejects(transport.exchange(question()), {
      kind: "unreached",
      code: /^(?:EPROTO|ERR_SSL_[A-Z0-9_]+)$/,
    });
    transport.close();
  });
});
