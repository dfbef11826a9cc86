import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { type ConferenceId, Fault, Refusal } from "../../src/gateway/index.ts";
import { agentId, createCaller, createTestClient, type ObservedClient, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, type RawGateway, startRawGateway } from "../support/raw-gateway.ts";

const everyCall = (client: ObservedClient): (() => Promise<unknown>)[] => {
  const caller = createCaller();
  const options = within(1_000);
  return [
    () => client.signIn(agentId, { password: "p", phoneNumber: "1" }, { ...options, force: false }),
    () => client.signOut(caller, { ...options, force: false }),
    () => client.pollEvent(caller, { timeoutMs: 1_000, signal: new AbortController().signal }),
    () => client.conferenceIds(caller, options),
    () => client.conferenceDetails(caller, ["1" as ConferenceId, "2" as ConferenceId], options),
    () => client.isInspector(caller, options),
    () => client.agentStatus(caller, options),
  ];
};

async function valueOrProblem(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof Fault || error instanceof Refusal, inspect(error));
  }
}

describe("whatever the gateway answers, a call ends in a value or in a problem:", () => {
  let gateway: RawGateway;
  let client: ObservedClient;
  before(async () => {
    gateway = await startRawGateway(answerSuccess);
    client = createTestClient(gateway.url);
  });
  after(async () => {
    await client.close();
    await gateway.close();
  });

  const eachCallOf = async (body: string, headers: Record<string, string> = {}): Promise<void> => {
    gateway.answerWith(answerJson(body, headers));
    for (const call of everyCall(client)) await valueOrProblem(call);
  };

  test("any JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), (json) => eachCallOf(json)),
      { numRuns: 60 },
    );
  });

  test("any result or event inside an envelope, in part as it should be", async () => {
    const scalar = fc.oneof(fc.constantFrom("0", "1", "true", "", null, 1790000000000, 3), fc.bigInt(), fc.jsonValue());
    const fields = [
      "confId",
      "confState",
      "startTime",
      "applyConfTime",
      "confHaveBeenTime",
      "addresses",
      "addressType",
    ];
    fields.push(
      "address",
      "channelAttrib",
      "channelState",
      "role",
      "enterTime",
      "vdnid",
      "isForceChange",
      "timeRemaining",
    );
    const entry = fc.dictionary(fc.constantFrom(...fields), scalar);
    const result = fc.oneof(
      scalar,
      entry,
      fc.record({ confIds: fc.oneof(scalar, fc.array(scalar)) }),
      fc.record({ confs: fc.oneof(scalar, fc.array(entry)) }),
      fc.array(entry),
      fc.record({ eventType: scalar, content: scalar }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("0", 0, "000-007"), result, (retcode, content) =>
        eachCallOf(
          JSON.stringify({ retcode, result: content, event: content }, (_key, value) =>
            typeof value === "bigint" ? String(value) : value,
          ),
          { "Set-GUID": "JSESSIONID=x" },
        ),
      ),
      { numRuns: 60 },
    );
  });

  test("any bytes in place of an HTTP answer", async () => {
    let bytes: Uint8Array = new Uint8Array();
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const raw = createTestClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    const start = fc.constantFrom(
      "",
      "HTTP/1.1 ",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nSet-GUID: ",
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
        bytes = Buffer.concat([Buffer.from(head), rest]);
        await valueOrProblem(() => raw.conferenceIds(createCaller(), within(1_000)));
      }),
      { numRuns: 100 },
    );
    await raw.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
