import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { createCaller, createTestClient, type ObservedClient, within } from "../../support/gateway-client.ts";
import { answerJson, type RawGateway, startRawGateway } from "../../support/raw-gateway.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A gateway behind a proxy that says `100 Continue` to whatever comes, in one packet with the answer or before it. */
async function started(together: boolean): Promise<{ gateway: RawGateway; client: ObservedClient }> {
  const gateway = await startRawGateway((response, request) => {
    const { path } = request;
    const event = { eventType: "AgentState_Ready", content: null };
    const body = JSON.stringify({
      retcode: "0",
      result: { confIds: [7] },
      ...(path.includes("agentevent") && { event }),
    });
    const answer = answerJson(body, { "Set-GUID": "JSESSIONID=g.AgentGateway0" });
    if (together) response.socket?.cork();
    response.writeContinue();
    if (!together) return void setTimeout(() => answer(response, request), 10);
    answer(response, request);
    response.socket?.uncork();
  });
  const client = createTestClient(gateway.url);
  open.push(gateway, client);
  return { gateway, client };
}

for (const together of [true, false]) {
  describe(`a gateway that says 100 Continue unasked, ${together ? "with" : "before"} its answer,`, () => {
    const poll = (client: ObservedClient) =>
      client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: new AbortController().signal });

    test("is understood by whoever signs in first, and from then on by all calls", async () => {
      const { gateway, client } = await started(together);
      const signIn = { password: "p", phoneNumber: "1" };
      await client.signIn(createCaller().agentId, signIn, { ...within(2_000), force: false });
      assert.deepEqual(await poll(client), { type: "AgentState_Ready", content: null }, "no event is lost");
      assert.deepEqual(await client.conferenceIds(createCaller(), within(2_000)), ["7"]);
      assert.equal(gateway.requests.length, 3, "none was asked twice");
      assert.deepEqual(client.logged, ["100 Continue"], "told once");
    });

    test("is understood by whoever looks for it at the start", async () => {
      const { client } = await started(together);
      assert.equal(await client.look(2_000), null);
      assert.deepEqual(await poll(client), { type: "AgentState_Ready", content: null });
    });

    test("costs the first list one more question and nobody anything after that", async () => {
      const { gateway, client } = await started(together);
      assert.deepEqual(await client.conferenceIds(createCaller(), within(2_000)), ["7"]);
      assert.equal(gateway.requests.length, 2);
      assert.deepEqual(await client.conferenceIds(createCaller(), within(2_000)), ["7"]);
      assert.equal(gateway.requests.length, 3);
      assert.deepEqual(client.breaker, []);
    });

    test("keeps the connections of lists and polls, and lets a poll be given up when its connection stands", async () => {
      const { gateway, client } = await started(together);
      await client.look(2_000);
      for (let count = 0; count < 3; count++) {
        await client.conferenceIds(createCaller(), within(2_000));
        await new Promise(setImmediate);
      }
      assert.deepEqual(
        gateway.requests.map(({ connection }) => connection),
        [1, 2, 2, 2],
      );
      const given = new AbortController();
      const limits = { timeoutMs: 2_000, signal: given.signal, onReady: () => given.abort() };
      await assert.rejects(client.pollEvent(createCaller(), limits), { name: "AbortError" });
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(gateway.requests.length, 4);
    });
  });
}
