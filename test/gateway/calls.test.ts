import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseConferenceId } from "../../src/gateway/index.ts";
import { FastForward } from "../support/fast-forward.ts";
import { agentId, createCaller, createTestClient, oldGuid, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, type RawAnswer, type RawGateway, startRawGateway } from "../support/raw-gateway.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(answer: RawAnswer, options: { maxConcurrency?: number } = {}, clock?: FastForward) {
  const gateway: RawGateway = await startRawGateway(answer);
  const client = createTestClient(gateway.url, options, clock);
  open.push(gateway, client);
  return { gateway, client };
}

const signIn = { password: "pass", phoneNumber: "40038" };
const twoIds = answerJson({ retcode: "0", message: "success", result: { confIds: [355840, 356096] } });
const hang: RawAnswer = () => {};

describe("what goes out", () => {
  test("every call has the content type, the Guid and the cookies, a GET too", async () => {
    const { gateway, client } = await start(answerSuccess);
    const caller = createCaller({ guid: "g.AgentGateway1", cookies: "NSLB=a; ROUTE=b" });
    await client.conferenceIds(caller, within(2_000));
    await client.conferenceDetails(caller, [parseConferenceId("9007199254740993") ?? assert.fail()], within(2_000));
    await client.pollEvent(caller, { timeoutMs: 2_000, signal: new AbortController().signal });
    await client.signOut(caller, { ...within(2_000), force: false });
    await client.signOut(caller, { ...within(2_000), force: true });
    assert.deepEqual(
      gateway.requests.map(({ method, path, body }) => [method, path, body]),
      [
        ["GET", "/agentgateway/resource/agentconf/1201/queryvdnconfid", ""],
        ["POST", "/agentgateway/resource/agentconf/1201/queryconfinfos", '{"confIds":[9007199254740993]}'],
        ["GET", "/agentgateway/resource/agentevent/1201", ""],
        ["DELETE", "/agentgateway/resource/onlineagent/1201/logout", ""],
        ["DELETE", "/agentgateway/resource/onlineagent/1201/forcelogout", ""],
      ],
    );
    for (const { headers } of gateway.requests) {
      assert.equal(headers["content-type"], "application/json; charset=UTF-8");
      assert.equal(headers.guid, "g.AgentGateway1");
      assert.equal(headers.cookie, "NSLB=a; ROUTE=b");
    }
  });

  test("the gateway may live at the root of its host", async () => {
    const { gateway } = await start(twoIds);
    for (const root of [new URL(gateway.url).origin, `${new URL(gateway.url).origin}/`]) {
      const client = createTestClient(root);
      open.push(client);
      await client.conferenceIds(createCaller(), within(2_000));
      assert.equal(gateway.requests.at(-1)?.path, "/agentconf/1201/queryvdnconfid");
    }
  });

  test("a sign-in has neither Guid nor cookie, and the fields of the configuration beside the credentials", async () => {
    const { gateway, client } = await start(answerJson({ retcode: 0 }, { "Set-GUID": "JSESSIONID=new.AgentGateway0" }));
    await client.signIn(agentId, { password: "pässword", phoneNumber: "40038" }, { ...within(2_000), force: false });
    await client.signIn(agentId, signIn, { ...within(2_000), force: true });
    const [plain, forced] = gateway.requests;
    assert.deepEqual([plain?.method, plain?.path], ["PUT", "/agentgateway/resource/onlineagent/1201"]);
    assert.equal(forced?.path, "/agentgateway/resource/onlineagent/1201/forcelogin");
    assert.equal(plain?.headers.guid, undefined);
    assert.equal(plain?.headers.cookie, undefined);
    const body = JSON.parse(plain?.body ?? "");
    assert.deepEqual([body.password, body.phonenum], ["pässword", "40038"]);
    assert.ok("status" in body);
  });
});

describe("a Guid or cookies that an answer brings", () => {
  const renewing = (body: unknown): RawAnswer =>
    answerJson(body, { "Set-GUID": "JSESSIONID=new-guid.AgentGateway1", "Set-Cookie": ["NSLB=2; Secure", "X=3"] });
  const renewal = { guid: "new-guid.AgentGateway1", cookies: "NSLB=2; X=3" };

  test("are told once and are stored before the call returns", async () => {
    const { client } = await start(renewing({ retcode: "0" }));
    const order: string[] = [];
    const caller = createCaller({ cookies: "NSLB=1" });
    const slow = {
      ...caller,
      renewed: async (told: typeof renewal) => {
        await sleep(20);
        order.push(JSON.stringify(told));
      },
    };
    await client.conferenceIds(slow, within(2_000));
    order.push("returned");
    assert.deepEqual(order, [JSON.stringify(renewal), "returned"]);
  });

  const told = async (answer: RawAnswer, call = true): Promise<readonly unknown[]> => {
    const { client } = await start(answer);
    const caller = createCaller({ cookies: "NSLB=1" });
    const asked = client.conferenceIds(caller, within(300));
    if (call) await assert.rejects(asked);
    else await asked;
    return caller.renewals;
  };

  test("count in a refusal too", async () => {
    assert.deepEqual(await told(renewing({ retcode: "100-007" })), [renewal]);
  });

  test("count when the rest of the answer is no use: an error page, a body that is cut off, one that never ends", async () => {
    const head = { "Set-GUID": "JSESSIONID=new-guid.AgentGateway1", "Set-Cookie": ["NSLB=2", "X=3"] };
    for (const rest of [
      (response: Parameters<RawAnswer>[0]) => response.writeHead(500, head).end("<html>"),
      (response: Parameters<RawAnswer>[0]) => {
        response.writeHead(200, head).write("{");
        setTimeout(() => response.socket?.destroy(), 20);
      },
      (response: Parameters<RawAnswer>[0]) => void response.writeHead(200, head).write("{"),
    ]) {
      assert.deepEqual(await told(rest), [renewal]);
    }
  });

  test("are not told when they are the ones that the call carried", async () => {
    const same = answerJson({ retcode: "0" }, { "Set-GUID": `JSESSIONID=${oldGuid}`, "Set-Cookie": "NSLB=1; Path=/" });
    assert.deepEqual(await told(same, false), []);
  });

  test("with a Guid that cannot be sent back leave the old one, each told to the log, which is not shown it", async () => {
    const { client } = await start(answerJson({ retcode: "0" }, { "Set-GUID": "JSESSIONID=not a guid" }));
    const caller = createCaller();
    await client.conferenceIds(caller, within(2_000));
    await client.conferenceIds(caller, within(2_000));
    assert.deepEqual(caller.renewals, []);
    assert.deepEqual(client.logged, [`guidIgnored ${caller.agentId}`, `guidIgnored ${caller.agentId}`]);
  });

  test("are what the second attempt of a read carries", async () => {
    const { gateway, client } = await start((response, request) =>
      request.number === 1 ? renewing({ retcode: "000-004" })(response, request) : twoIds(response, request),
    );
    assert.equal((await client.conferenceIds(createCaller(), within(2_000))).length, 2);
    assert.equal(gateway.requests[1]?.headers.guid, "new-guid.AgentGateway1");
    assert.equal(gateway.requests[1]?.headers.cookie, "NSLB=2; X=3");
  });
});

describe("trying again", () => {
  test("a read that meets a stale keep-alive socket does not fail", async () => {
    const { gateway, client } = await start((response, request) => {
      if (request.number === 2 && request.connection === 1) response.socket?.resetAndDestroy();
      else twoIds(response, request);
    });
    await client.conferenceIds(createCaller(), within(2_000));
    assert.equal((await client.conferenceIds(createCaller(), within(2_000))).length, 2);
    assert.deepEqual(
      gateway.requests.map((request) => request.connection),
      [1, 1, 2],
    );
  });

  /** Dead kept-alive connections, as behind a firewall that forgets: whatever comes on a used one is reset. */
  const resetsUsedOnes = (): RawAnswer => {
    const used = new Set<number>();
    return (response, request) => {
      if (used.has(request.connection)) return void response.socket?.resetAndDestroy();
      used.add(request.connection);
      const answer = answerJson(
        { retcode: "0", result: request.method === "GET" ? { confIds: [7] } : {} },
        { "Set-GUID": "JSESSIONID=new.AgentGateway0" },
      );
      setTimeout(() => answer(response, request), 20);
    };
  };

  test("a read finds a new connection, however many dead ones are kept", async () => {
    const { gateway, client } = await start(resetsUsedOnes());
    const ask = () => client.conferenceIds(createCaller(), within(2_000));
    await Promise.all(Array.from({ length: 8 }, ask));
    assert.deepEqual(await ask(), ["7"]);
    assert.equal(gateway.requests.length, 10, "8, one on a dead connection, and one on a new one");
  });

  test("a sign-in or sign-out, which is never repeated, does not meet a dead connection at all", async () => {
    const { gateway, client } = await start(resetsUsedOnes());
    const ask = () => client.conferenceIds(createCaller(), within(2_000));
    await Promise.all(Array.from({ length: 4 }, ask));
    for (let count = 0; count < 3; count++) {
      await client.signIn(agentId, signIn, { ...within(2_000), force: false });
      await client.signOut(createCaller(), { ...within(2_000), force: false });
    }
    assert.equal(gateway.requests.length, 10);
  });

  const attempts = async (answer: RawAnswer, call: "read" | "sign-in" | "sign-out" | "poll"): Promise<number> => {
    const { gateway, client } = await start(answer);
    const options = { ...within(1_000), force: false };
    const calls = {
      read: () => client.conferenceIds(createCaller(), options),
      "sign-in": () => client.signIn(agentId, signIn, options),
      "sign-out": () => client.signOut(createCaller(), options),
      poll: () => client.pollEvent(createCaller(), { timeoutMs: 1_000, signal: new AbortController().signal }),
    };
    await assert.rejects(calls[call]);
    return gateway.requests.length;
  };
  const reset: RawAnswer = (response) => response.socket?.resetAndDestroy();

  test("is done once for a read: after a reset, or a retcode whose row says so", async () => {
    assert.equal(await attempts(reset, "read"), 2);
    assert.equal(await attempts(answerJson({ retcode: "105-002" }), "read"), 2);
  });

  test("is not done for a read that was refused for good or answered with nonsense", async () => {
    assert.equal(await attempts(answerJson({ retcode: "000-003" }), "read"), 1);
    assert.equal(await attempts((response) => response.writeHead(503).end(), "read"), 1);
    assert.equal(await attempts(answerJson("<html>"), "read"), 1);
  });

  test("is never done for a sign-in, a sign-out or a poll", async () => {
    for (const call of ["sign-in", "sign-out", "poll"] as const) {
      assert.equal(await attempts(reset, call), 1, call);
      assert.equal(await attempts(answerJson({ retcode: "000-004" }), call), 1, call);
    }
  });
});

describe("a client that leaves", () => {
  test("cancels its call at the gateway and is told its own reason", async () => {
    let closed: () => void = () => {};
    const cancelled = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const leaving = new AbortController();
    const { client } = await start((response) => {
      response.on("close", closed);
      leaving.abort();
    });
    const call = client.conferenceIds(createCaller(), { ...within(5_000), signal: leaving.signal });
    await assert.rejects(call, { name: "AbortError" });
    await cancelled;
    assert.deepEqual(
      client.calls.map(({ outcome }) => outcome),
      ["left"],
    );
  });

  test("before its call asks the gateway nothing", async () => {
    const { gateway, client } = await start(twoIds);
    const reason = new Error("left before");
    const left = { ...within(1_000), signal: AbortSignal.abort(reason) };
    await assert.rejects(client.conferenceIds(createCaller(), left), reason);
    await assert.rejects(client.pollEvent(createCaller(), { timeoutMs: 1_000, signal: left.signal }), reason);
    assert.equal(gateway.requests.length, 0);
  });

  test("between two attempts of its read ends it there", async () => {
    const leaving = new AbortController();
    const { gateway, client } = await start((response, request) => {
      answerJson({ retcode: "000-004" })(response, request);
      response.once("finish", () => setTimeout(() => leaving.abort(), 5));
    });
    const call = client.conferenceIds(createCaller(), { ...within(5_000), signal: leaving.signal });
    await assert.rejects(call, { name: "AbortError" });
    assert.equal(gateway.requests.length, 1);
  });
});

describe("a gateway under load", () => {
  test("is asked so many things at once; past a short queue the answer is 503 at once", async () => {
    const { gateway, client } = await start(hang, { maxConcurrency: 4 });
    let isLater = false;
    const calls = Array.from({ length: 20 }, () => client.conferenceIds(createCaller(), within(400)));
    const settled = Promise.allSettled(
      calls.map((call) => call.catch((error) => Promise.reject([error.code, !isLater]))),
    );
    // At once: before anything can have come over a network.
    await new Promise(setImmediate);
    isLater = true;
    const outcomes = await settled;
    const codes = outcomes.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : "ok"));
    assert.equal(gateway.requests.length <= 6, true);
    assert.equal(codes.filter((code) => code === "gateway-unavailable,true").length, 14);
    assert.equal(codes.filter((code) => code === "gateway-timeout,false").length >= 4, true);
    assert.deepEqual(client.load(), { active: 0, waiting: 0 });
  });

  test("does not hold up the event polls, nor they the calls", async () => {
    const { client } = await start(
      (response, request) => {
        if (!request.path.includes("agentevent")) setTimeout(() => twoIds(response, request), 100);
        else setTimeout(() => answerSuccess(response, request), 100);
      },
      { maxConcurrency: 2 },
    );
    const polls = Array.from({ length: 50 }, () =>
      client.pollEvent(createCaller(), { timeoutMs: 2_000, signal: new AbortController().signal }),
    );
    const started = performance.now();
    await Promise.all([
      client.conferenceIds(createCaller(), within(1_000)),
      client.conferenceIds(createCaller(), within(1_000)),
    ]);
    await Promise.all(polls);
    assert.ok(performance.now() - started < 1_000);
  });

  test("that fails is left alone after 20 calls, except by polls, and asked again 2 s later", async () => {
    const clock = new FastForward();
    const { gateway, client } = await start((response) => response.writeHead(500).end(), {}, clock);
    const ask = () =>
      client.conferenceIds(createCaller(), { deadline: clock.monotonic() + 1_000 }).catch((error) => error);
    for (let call = 0; call < 20; call += 1) assert.equal((await ask()).code, "gateway-bad-response");
    const refused = await ask();
    assert.deepEqual([refused.code, refused.retryAfter], ["gateway-unavailable", 2]);
    assert.equal(gateway.requests.length, 20);
    assert.deepEqual(client.breaker, ["open"]);
    gateway.answerWith(twoIds);
    const poll = client.pollEvent(createCaller(), { timeoutMs: 1_000, signal: new AbortController().signal });
    assert.equal(await poll, null, "a poll goes out all the same");
    assert.equal((await ask()).code, "gateway-unavailable", "and its success does not close the breaker");
    clock.forward(1_000);
    assert.equal((await ask()).code, "gateway-unavailable", "nor does half the time");
    clock.forward(1_000);
    assert.equal((await ask()).length, 2);
    assert.deepEqual(client.breaker, ["open", "closed"]);
  });

  test("is not blamed for an interface that the site does not have", async () => {
    const { gateway, client } = await start((response) => response.writeHead(500).end("<html>"));
    for (let call = 0; call < 15; call += 1) {
      assert.equal(await client.isInspector(createCaller(), within(1_000)), null);
      assert.equal(await client.agentStatus(createCaller(), within(1_000)), null);
    }
    gateway.answerWith((response) => response.writeHead(501).end());
    for (let call = 0; call < 30; call += 1) await client.isInspector(createCaller(), within(1_000));
    assert.deepEqual(client.breaker, []);
    gateway.answerWith((response) => response.writeHead(502).end());
    for (let call = 0; call < 20; call += 1) await client.isInspector(createCaller(), within(1_000)).catch(() => {});
    assert.deepEqual(client.breaker, ["open"], "but for a failure like any other");
  });

  test("is not blamed for refusals, nonsense of status 200, clients that left or polls that failed", async () => {
    const { gateway, client } = await start(answerJson({ retcode: "100-007" }));
    const ask = () => client.conferenceIds(createCaller(), within(1_000)).catch((error) => error);
    for (let call = 0; call < 25; call += 1) await ask();
    gateway.answerWith((response) => response.end("<html>"));
    for (let call = 0; call < 25; call += 1) await ask();
    gateway.answerWith((response) => response.socket?.destroy());
    for (let call = 0; call < 60; call += 1) {
      await client
        .pollEvent(createCaller(), { timeoutMs: 1_000, signal: new AbortController().signal })
        .catch(() => {});
    }
    gateway.answerWith(hang);
    const leaving = new AbortController();
    const calls = Array.from({ length: 60 }, () =>
      client.conferenceIds(createCaller(), { ...within(5_000), signal: leaving.signal }).catch(() => {}),
    );
    setTimeout(() => leaving.abort(), 50);
    await Promise.all(calls);
    assert.deepEqual(client.breaker, []);
    gateway.answerWith(twoIds);
    assert.equal((await ask()).length, 2);
  });
});
