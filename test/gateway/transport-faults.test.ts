import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import { inspect } from "node:util";
import { Fault } from "../../src/gateway/index.ts";
import { createCaller, createTestClient, isFault, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, JSON_TYPE, type RawAnswer, startRawGateway } from "../support/raw-gateway.ts";

const gateway = await startRawGateway(answerSuccess);
after(() => gateway.close());

/** The fault of one read, with nothing of the request or the answer in it. */
async function faultOfRead(answer: RawAnswer, ms = 2_000): Promise<Fault> {
  gateway.answerWith(answer);
  const client = createTestClient(gateway.url);
  try {
    await client.conferenceIds(createCaller({ guid: "secret-guid", cookies: "c=secret-cookie" }), within(ms));
  } catch (error) {
    assert.ok(error instanceof Fault, inspect(error));
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /secret|127\.0\.0\.1/);
    assert.equal(client.calls.at(-1)?.outcome, error.code);
    return error;
  } finally {
    await client.close();
  }
  return assert.fail("the read succeeded");
}

const head = (length: number): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${length}\r\n\r\n`;

describe("a gateway that answers nonsense is gateway-bad-response:", () => {
  const answers: Record<string, RawAnswer> = {
    "an HTML page": (response) => response.setHeader("Content-Type", "text/html").end("<html>login</html>"),
    "an empty body": (response) => response.end(),
    "JSON that is cut short": answerJson('{"retcode":"0","result":{"confIds":[1'),
    "JSON that is no envelope": answerJson("[1,2,3]"),
    "an envelope without retcode": answerJson({ message: "", result: {} }),
    "a retcode of another type": answerJson({ retcode: { code: 0 } }),
    "a retcode that is a whole page": answerJson({ retcode: "x".repeat(33) }),
    "a result of another shape": answerJson({ retcode: "0", result: "nothing" }),
    "JSON nested too deep for anybody": answerJson(
      `{"retcode":"0","x":${"[".repeat(2e5)}1234567890123456789${"]".repeat(2e5)}}`,
    ),
    "a redirect": (response) => response.writeHead(302, { Location: "http://127.0.0.1:1/elsewhere" }).end(),
    "HTTP 404": (response) => response.writeHead(404).end("no"),
    "HTTP 500 with a good body": (response) => response.writeHead(500).end('{"retcode":"0"}'),
    "204 without a body": (response) => response.writeHead(204).end(),
    "an upgrade": (response) => {
      response.socket?.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    },
    "a body shorter than announced": (response) => {
      response.socket?.end(`${head(500)}{"retcode":"0"}`);
    },
    "a chunked body that is cut off": (response) => {
      response.writeHead(200, { "Content-Type": JSON_TYPE });
      response.write('{"retcode":');
      setTimeout(() => response.socket?.destroy(), 20);
    },
    "something that is not HTTP": (response) => {
      response.socket?.end("SSH-2.0-OpenSSH_9.2p1\r\n");
    },
    "a length and chunks": (response) => {
      response.socket?.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n',
      );
    },
    "a head without an end": (response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(200_000)}`);
    },
    "a huge body by its announcement": (response) => {
      response.writeHead(200, { "Content-Length": 9 * 1024 * 1024 }).write("{");
    },
    "a huge body without announcement": (response) => {
      const part = Buffer.alloc(256 * 1024, " ");
      response.on("error", () => {});
      const more = (): void => {
        while (!response.destroyed && response.write(part));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    },
    "a compressed body, which nobody asked for": (response) =>
      response.writeHead(200, { "Content-Encoding": "gzip" }).end(Buffer.from("1f8b0800", "hex")),
    "a charset that does not exist": (response) =>
      response.writeHead(200, { "Content-Type": "application/json; charset=klingon" }).end('{"retcode":"0"}'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(name, async () => {
      const started = performance.now();
      assert.equal((await faultOfRead(answer)).code, "gateway-bad-response");
      assert.ok(performance.now() - started < 1_500, "long before the deadline");
    });
  }

  test("a redirect is not followed", async () => {
    const before = gateway.requests.length;
    await faultOfRead((response) => response.writeHead(307, { Location: `${gateway.url}/other` }).end());
    assert.equal(gateway.requests.length, before + 1);
  });
});

describe("a gateway that cannot be reached is gateway-unreachable:", () => {
  test("nothing listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const client = createTestClient(`http://127.0.0.1:${port}/x`);
    const refused = isFault("gateway-unreachable", "ECONNREFUSED");
    await assert.rejects(client.conferenceIds(createCaller(), within(2_000)), refused);
    assert.equal(client.calls.length, 1, "a refused connection is not tried again");
    await client.close();
  });

  test("its name does not exist", async () => {
    // A label of 64 characters, one too many: refused by the resolver itself, without asking a name server.
    const client = createTestClient(`http://${"x".repeat(64)}.invalid/x`);
    await assert.rejects(client.conferenceIds(createCaller(), within(4_000)), { code: "gateway-unreachable" });
    await client.close();
  });

  test("it resets each connection", async () => {
    const fault = await faultOfRead((response) => response.socket?.resetAndDestroy());
    assert.equal(fault.code, "gateway-unreachable");
  });

  test("it closes each connection without an answer", async () => {
    const fault = await faultOfRead((response) => response.socket?.destroy());
    assert.equal(fault.code, "gateway-unreachable");
  });
});

describe("the deadline of an operation", () => {
  const timesOut = async (answer: RawAnswer): Promise<void> => {
    const started = performance.now();
    const fault = await faultOfRead(answer, 150);
    assert.equal(fault.code, "gateway-timeout");
    const took = performance.now() - started;
    assert.ok(took >= 145 && took < 600, `after ${took} ms`);
  };

  test("ends a call that hangs", () => timesOut(() => {}));

  test("ends an answer that drips", () =>
    timesOut((response) => {
      response.writeHead(200, { "Content-Type": JSON_TYPE });
      const drip = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drip));
    }));

  test("that has passed already asks the gateway nothing", async () => {
    const before = gateway.requests.length;
    const client = createTestClient(gateway.url);
    await assert.rejects(client.conferenceIds(createCaller(), within(-1)), { code: "gateway-timeout" });
    await assert.rejects(
      client.signIn(createCaller().agentId, { password: "", phoneNumber: "1" }, { ...within(-1), force: false }),
      { code: "gateway-timeout" },
    );
    assert.equal(gateway.requests.length, before);
    await client.close();
  });
});

describe("a gateway that says 503", () => {
  test("is gateway-unavailable, for as long as it says", async () => {
    const fault = await faultOfRead((response) => response.writeHead(503, { "Retry-After": "9" }).end("busy"));
    assert.equal(fault.code, "gateway-unavailable");
    assert.equal(fault.retryAfter, 9);
  });
});
