import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { after, describe, test } from "node:test";
import { startSimulator } from "../../simulator/index.ts";
import { createTestClient } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, type RawAnswer, startRawGateway } from "../support/raw-gateway.ts";

const gateway = await startRawGateway(answerSuccess);
after(() => gateway.close());

async function looked(answer: RawAnswer, url = gateway.url, ms = 1_000) {
  gateway.answerWith(answer);
  const client = createTestClient(url);
  try {
    const wrong = await client.look(ms);
    assert.deepEqual([client.breaker, client.calls, client.logged], [[], [], []]);
    return wrong;
  } finally {
    await client.close();
  }
}

describe("a look at the gateway at the start", () => {
  test("finds it by any JSON with a retcode, a refusal or an unknown one too, whatever the HTTP status", async () => {
    for (const retcode of ["0", 0, "000-003", "100-006", "777-777"])
      assert.equal(await looked(answerJson({ retcode })), null);
    assert.equal(await looked((response) => response.writeHead(500).end('{"message":"","retcode":"000-002"}')), null);
    const sent = gateway.requests[0];
    assert.deepEqual([sent?.method, sent?.path], ["GET", "/agentgateway/resource/onlineagent/101/agentstatus"]);
    assert.equal(sent?.headers.guid, undefined);
  });

  test("finds the simulator", async () => {
    const simulator = await startSimulator();
    const client = createTestClient(simulator.url);
    assert.equal(await client.look(1_000), null);
    await client.close();
    await simulator.close();
  });

  test("says what stands there instead: a page, another path, a redirect, something that is no web server", async () => {
    const cases: Record<string, RawAnswer> = {
      NOT_JSON: (response) => response.end("<html>login</html>"),
      NO_ENVELOPE: answerJson({ status: "UP" }),
      HTTP_404: (response) => response.writeHead(404).end("<html>"),
      HTTP_302: (response) => response.writeHead(302, { Location: "/login" }).end(),
      HTTP_503: (response) => response.writeHead(503).end(),
      NOT_HTTP: (response) => response.socket?.end("SSH-2.0-OpenSSH\r\n"),
    };
    for (const [code, answer] of Object.entries(cases)) {
      assert.deepEqual(await looked(answer), { what: "not-a-gateway", code });
    }
  });

  test("says why nobody answers", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const dead = `http://127.0.0.1:${port}/x`;
    assert.deepEqual(await looked(answerSuccess, dead), { what: "unreachable", code: "ECONNREFUSED" });
    const nameless = `http://${"x".repeat(64)}.invalid/x`;
    assert.deepEqual(await looked(answerSuccess, nameless), { what: "unreachable", code: "ENOTFOUND" });
    assert.deepEqual(await looked(() => {}, gateway.url, 100), { what: "unreachable", code: "TIMEOUT" });
    const reset: RawAnswer = (response) => response.socket?.resetAndDestroy();
    assert.deepEqual(await looked(reset), { what: "unreachable", code: "ECONNRESET" });
  });
});
