import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { SignedIn } from "../../src/gateway/index.ts";
import { agentId, createCaller, createTestClient, isFault, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, JSON_TYPE, startRawGateway } from "../support/raw-gateway.ts";

const gateway = await startRawGateway(answerSuccess);
const client = createTestClient(gateway.url);
after(async () => {
  await client.close();
  await gateway.close();
});

const guidHeader = { "Set-GUID": "JSESSIONID=279fe21d.AgentGateway0" };

function signedIn(result: unknown, headers: Record<string, string | string[]> = guidHeader): Promise<SignedIn> {
  gateway.answerWith(answerJson({ message: "", retcode: "0", result }, headers));
  return client.signIn(agentId, { password: "", phoneNumber: "40038" }, { ...within(2_000), force: false });
}

describe("a sign-in", () => {
  test("tells the Guid, the cookies, the VDN and the days left as the reference's sample has them", async () => {
    const sample = {
      vdnid: 1,
      workno: "1201",
      mediatype: "TTF",
      loginTime: "1790000000000",
      isForceChange: "false",
      serverName: "AgentGateway",
      timeRemaining: "9",
    };
    assert.deepEqual(await signedIn(sample, { ...guidHeader, "Set-Cookie": ["NSLB=a; Path=/; Secure", "B=c"] }), {
      guid: "279fe21d.AgentGateway0",
      cookies: "NSLB=a; B=c",
      vdnId: "1",
      loginTime: "1790000000000",
      passwordDaysLeft: 9,
      mustChangePassword: false,
    });
  });

  test("takes the VDN and the days as text or number, and nothing for what is left out", async () => {
    const read = async (result: unknown): Promise<unknown[]> => {
      const { vdnId, passwordDaysLeft, mustChangePassword } = await signedIn(result);
      return [vdnId, passwordDaysLeft, mustChangePassword];
    };
    assert.deepEqual(await read({ vdnid: "5000", timeRemaining: 0, isForceChange: true }), ["5000", 0, true]);
    assert.deepEqual(await read({ vdnid: "", timeRemaining: "", isForceChange: "TRUE" }), [null, null, true]);
    for (const nothing of [{}, null, "", undefined]) assert.deepEqual(await read(nothing), [null, null, false]);
  });

  test("without a usable Guid is a bad response", async () => {
    await assert.rejects(signedIn({ vdnid: 1 }, {}), { code: "gateway-bad-response" });
    await assert.rejects(signedIn({ vdnid: 1 }, { "Set-GUID": "JSESSIONID=" }), { code: "gateway-bad-response" });
  });

  test("with two fields for the Guid takes the later one", async () => {
    const twice = { "Set-GUID": ["JSESSIONID=first.AgentGateway0", "JSESSIONID=second.AgentGateway0"] };
    assert.equal((await signedIn({}, twice)).guid, "second.AgentGateway0");
  });

  test("with a result of another shape is a bad response", async () => {
    for (const result of ["ok", [], { vdnid: {} }, { isForceChange: "maybe" }, { timeRemaining: "soon" }]) {
      await assert.rejects(signedIn(result), { code: "gateway-bad-response" }, JSON.stringify(result));
    }
  });
});

describe("whether an agent is an inspector", () => {
  const asked = (result: unknown) => {
    gateway.answerWith(answerJson({ retcode: "0", result }));
    return client.isInspector(createCaller(), within(2_000));
  };

  test("comes as a boolean or as text", async () => {
    assert.deepEqual(
      [await asked(true), await asked("true"), await asked(false), await asked("False")],
      [true, true, false, false],
    );
    for (const result of [undefined, null, "", "yes", 1, {}]) {
      await assert.rejects(asked(result), { code: "gateway-bad-response" }, String(result));
    }
  });

  test("is not known where the site lacks the interface", async () => {
    for (const status of [404, 405, 500, 501]) {
      gateway.answerWith((response) => response.writeHead(status, { "Content-Type": "text/html" }).end("<html>"));
      assert.equal(await client.isInspector(createCaller(), within(2_000)), null);
    }
    for (const retcode of ["000-001", "000-002"]) {
      gateway.answerWith(answerJson({ retcode }));
      assert.equal(await client.isInspector(createCaller(), within(2_000)), null);
    }
  });

  test("is a problem when the gateway fails or the agent is out", async () => {
    gateway.answerWith(answerJson({ retcode: "100-006" }));
    await assert.rejects(client.isInspector(createCaller(), within(2_000)), { code: "agent-not-signed-in" });
    gateway.answerWith((response) => response.writeHead(502).end());
    await assert.rejects(client.isInspector(createCaller(), within(2_000)), { code: "gateway-bad-response" });
  });
});

describe("whether an agent is still signed in", () => {
  const asked = async (result: unknown) => {
    gateway.answerWith(answerJson({ retcode: "0", result }));
    return client.agentStatus(createCaller(), within(2_000));
  };

  test("comes as a number or its text, in an object or a list", async () => {
    const before = gateway.requests.length;
    assert.deepEqual(await asked({ agentState: 2, isWorking: false }), { state: "signed-out" });
    assert.deepEqual(await asked({ agentState: "2" }), { state: "signed-out" });
    assert.deepEqual(await asked([{ agentState: 4, isWorking: false }]), { state: "idle" });
    assert.deepEqual(await asked({ agentState: 7, isWorking: true }), { state: "talking" });
    const sent = gateway.requests[before];
    assert.deepEqual([sent?.method, sent?.path], ["GET", "/agentgateway/resource/onlineagent/1201/agentstatus"]);
    assert.equal(sent?.headers.guid, createCaller().guid);
  });

  test("is answered by any success, whatever it holds", async () => {
    for (const result of [undefined, null, "", "yes", 2, [], {}, { agentState: 99 }, { agentState: "out" }]) {
      assert.deepEqual(await asked(result), { state: "unknown" }, JSON.stringify(result));
    }
  });

  test("is not known where the site lacks the interface, and refused with the gateway's own code", async () => {
    for (const status of [404, 405, 500, 501]) {
      gateway.answerWith((response) => response.writeHead(status).end("<html>"));
      assert.equal(await client.agentStatus(createCaller(), within(2_000)), null);
    }
    for (const retcode of ["000-001", "000-002"]) {
      gateway.answerWith(answerJson({ retcode }));
      assert.equal(await client.agentStatus(createCaller(), within(2_000)), null);
    }
    gateway.answerWith(answerJson({ retcode: "000-003" }));
    await assert.rejects(client.agentStatus(createCaller(), within(2_000)), { effect: "guid-refused" });
    gateway.answerWith((response) => response.writeHead(502).end());
    await assert.rejects(
      client.agentStatus(createCaller(), within(2_000)),
      isFault("gateway-bad-response", "HTTP_502"),
    );
  });
});

describe("an event poll", () => {
  const polled = (body: unknown) => {
    gateway.answerWith(answerJson(body));
    return client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: new AbortController().signal });
  };

  test("gives the event with its content as the gateway sent it, long ids as text", async () => {
    const body = `{"message":"","retcode":"0","event":{"eventType":"AgentConf_SelfJoinResult","eventGenTime":1790000000123,"workNo":"1201","content":{"confId":9007199254740993}}}`;
    assert.deepEqual(await polled(body), { type: "AgentConf_SelfJoinResult", content: { confId: "9007199254740993" } });
    assert.deepEqual(
      await polled({ retcode: "0", event: { eventType: "AgentOther_InService", workNo: "1201", content: null } }),
      {
        type: "AgentOther_InService",
        content: null,
      },
    );
  });

  test("gives none when there was no event", async () => {
    for (const event of [undefined, null, ""]) assert.equal(await polled({ message: "", retcode: "0", event }), null);
  });

  test("with an event that has no type, a strange one or content without a bottom is a bad response", async () => {
    const deep = JSON.parse(`${"[".repeat(50)}${"]".repeat(50)}`);
    for (const event of [7, [], {}, { eventType: "" }, { eventType: "a\nb" }, { eventType: "x", content: deep }]) {
      await assert.rejects(polled({ retcode: "0", event }), { code: "gateway-bad-response" });
    }
  });

  test("waits as long as it is told, and no longer", async () => {
    gateway.answerWith((response) => setTimeout(() => answerSuccess(response, gateway.requests[0] as never), 400));
    const poll = (timeoutMs: number) =>
      client.pollEvent(createCaller(), { timeoutMs, signal: new AbortController().signal });
    assert.equal(await poll(2_000), null);
    await assert.rejects(poll(100), { code: "gateway-timeout" });
  });
});

describe("an answer in another charset", () => {
  test("is read by the charset that it names", async () => {
    // "会议" in GBK.
    const gbk = Buffer.from([0xbb, 0xe1, 0xd2, 0xe9]);
    gateway.answerWith((response) => {
      response.writeHead(200, { "Content-Type": "application/json; charset=GBK" });
      response.end(
        Buffer.concat([Buffer.from('{"retcode":"0","event":{"eventType":"x","content":"'), gbk, Buffer.from('"}}')]),
      );
    });
    const poll = await client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: new AbortController().signal });
    assert.deepEqual(poll, { type: "x", content: "会议" });
  });

  test("may start with a byte order mark", async () => {
    gateway.answerWith((response) =>
      response.writeHead(200, { "Content-Type": JSON_TYPE }).end('\ufeff{"retcode":"0"}'),
    );
    assert.deepEqual(await client.conferenceIds(createCaller(), within(2_000)), []);
  });
});
