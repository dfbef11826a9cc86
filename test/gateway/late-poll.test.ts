import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { startSimulator } from "../../simulator/index.ts";
import { createCaller, createTestClient } from "../support/gateway-client.ts";

/** A way to the gateway on which the server's first bytes take a while: for TLS, a handshake that takes long. */
async function startSlowLine(t: TestContext, port: number, delayMs: number): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    sockets.push(near, far);
    near.pipe(far);
    far.once("data", async (first: Buffer) => {
      far.pause();
      await wait(delayMs);
      near.write(first);
      far.pipe(near);
    });
    for (const socket of [near, far]) socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

for (const tls of [false, true]) {
  describe(`a poll over ${tls ? "HTTPS" : "HTTP"} whose time has come and gone`, () => {
    async function started(t: TestContext) {
      const simulator = await startSimulator({ tls, pollHoldMs: 20, hastyPollMs: 0 });
      const ca = simulator.caFile === null ? null : readFileSync(simulator.caFile, "utf8");
      const slow = new URL(simulator.url);
      slow.port = String(await startSlowLine(t, Number(slow.port), tls ? 300 : 0));
      const client = createTestClient(slow.href, { ca });
      t.after(async () => {
        await client.close();
        await simulator.close();
      });
      return { simulator, client };
    }

    test("when its connection stands never reaches the gateway", async (t) => {
      const { simulator, client } = await started(t);
      const begun = performance.now();
      const poll = new AbortController();
      let readyAfter = 0;
      const onReady = (): void => {
        readyAfter = performance.now() - begun;
        poll.abort();
      };
      await assert.rejects(client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: poll.signal, onReady }));
      if (tls) assert.ok(readyAfter > 250, `asked after ${readyAfter} ms, with the handshake still to come`);
      await wait(100);
      assert.equal(simulator.control.state().calls.poll, 0);
    });

    test("when a kept connection is taken again never reaches the gateway", async (t) => {
      const { simulator, client } = await started(t);
      const goesOut = { timeoutMs: 2_000, signal: new AbortController().signal };
      await assert.rejects(client.pollEvent(createCaller(), goesOut), { code: "agent-not-signed-in" });
      const poll = new AbortController();
      const onReady = (): void => poll.abort();
      await assert.rejects(client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: poll.signal, onReady }));
      await wait(100);
      assert.equal(simulator.control.state().calls.poll, 1);
      assert.equal(client.calls.at(-1)?.outcome, "left");
    });
  });
}
