import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient, isProblem, type WatchUpdate } from "../../client/index.js";
import { failOnCrash } from "../support/crash-watch.ts";
import { until } from "../support/until.ts";
import { alive, badGateway, events, list, problem, type StubService, say, startStubService } from "./stub-service.ts";

failOnCrash();

const quick = { firstPauseMs: 10, longestPauseMs: 40, answerMs: 300, silenceMs: 150 };

let service: StubService;
beforeEach(async () => {
  service = await startStubService(events(list("1"), alive()));
});
afterEach(() => service.close());

const client = () => createClient({ baseUrl: service.url, token: "the-token" });
/** A watch by callback, with everything that it has said. */
function watched(from = client()) {
  const said: WatchUpdate<{ id: string }>[] = [];
  const watch = from.watch({ timing: quick }, (update) => said.push(update));
  return { said, watch, types: () => said.map(({ type }) => type) };
}
const lists = (said: readonly WatchUpdate<{ id: string }>[]) =>
  said.flatMap((update) => (update.type === "conferences" ? [update.conferences.map(({ id }) => id).join()] : []));

test("a loop over a watch gets the list, the sign of life and how fresh it is; leaving the loop closes the stream", async () => {
  const seen: string[] = [];
  for await (const update of client().watch({ timing: quick })) {
    seen.push(update.type);
    if (update.type === "freshness") {
      assert.equal(update.state, "live");
      break;
    }
  }
  assert.deepEqual(seen, ["conferences", "alive", "freshness"]);
  await until(() => service.open.size === 0);
  assert.equal(service.requests[0]?.headers.authorization, "Bearer the-token");
  assert.equal(service.requests[0]?.headers.accept, "text/event-stream");
});

test("a stream that breaks is opened anew and continued after the last event", async () => {
  const { said, watch } = watched();
  await until(() => lists(said).length === 1);
  service.answerWith(events(list("1", "2"), alive()));
  for (const response of service.open) response.destroy();
  await until(() => lists(said).length === 2);
  assert.deepEqual(lists(said), ["1", "1,2"]);
  assert.equal(service.requests.at(-1)?.headers["last-event-id"], "list-1");
  watch.close();
  assert.equal(
    said.some(({ type }) => type === "trouble"),
    false,
    "a gap that closes at once is no trouble",
  );
});

for (const status of [502, 503, 504]) {
  test(`a proxy that answers ${status} while the service restarts is outlived, and told as the service's trouble`, async () => {
    const { said, watch } = watched();
    await until(() => lists(said).length === 1);
    service.answerWith(badGateway(status));
    for (const response of service.open) response.destroy();
    await until(() => said.some((update) => update.type === "trouble" && update.source === "service"));
    service.answerWith(events(list("3"), alive()));
    await until(() => lists(said).at(-1) === "3");
    assert.equal(watch.freshness.trouble, null);
    watch.close();
  });
}

test("a refused connection is outlived too, and the pauses between attempts grow", async () => {
  const { said, watch } = watched();
  await until(() => lists(said).length === 1);
  service.answerWith((response) => response.destroy());
  for (const response of service.open) response.destroy();
  await until(() => service.requests.length >= 4);
  service.answerWith(events(list("4"), alive()));
  await until(() => lists(said).at(-1) === "4");
  assert.equal(said.filter(({ type }) => type === "trouble").length, 1, "the same trouble is said once");
  watch.close();
});

test("a service that accepts and says nothing is left for a new connection, and told as trouble of the line", async () => {
  const { said, watch } = watched();
  await until(() => lists(said).length === 1);
  await until(() => said.some((update) => update.type === "trouble" && update.source === "line"));
  await until(() => service.requests.length >= 2);
  watch.close();
});

test("an answer that never comes is given up and asked for again", async () => {
  service.answerWith(() => undefined);
  const { said, watch } = watched();
  await until(() => service.requests.length >= 2);
  assert.ok(said.some((update) => update.type === "trouble" && update.source === "line"));
  assert.equal(watch.freshness.state, "waiting");
  watch.close();
});

test("a failing gateway is told by its problem while the stream stays, and is over with the next list", async () => {
  const { said, watch } = watched();
  await until(() => lists(said).length === 1);
  const [stream] = service.open;
  assert.ok(stream);
  const body = {
    code: "gateway-timeout",
    title: "The gateway did not answer in time",
    status: 504,
    retcode: "100-007",
  };
  say(stream, { event: "problem", data: body });
  await until(() => watch.freshness.trouble !== null);
  assert.equal(watch.freshness.trouble?.source, "gateway");
  assert.equal(watch.freshness.trouble?.problem?.retcode, "100-007");
  assert.equal(watch.freshness.state, "live", "the list is still young");
  say(stream, list("1", "5"));
  await until(() => watch.freshness.trouble === null);
  watch.close();
});

test("a newer confirmation by the gateway ends its trouble, though the list is the same", async () => {
  const { said, watch } = watched();
  await until(() => said.some(({ type }) => type === "alive"));
  const [stream] = service.open;
  assert.ok(stream);
  say(stream, { event: "problem", data: { code: "gateway-error", title: "x", status: 502 } });
  await until(() => watch.freshness.trouble !== null);
  say(stream, alive(4_000));
  say(stream, { event: "alive", data: { ...(alive().data as object), asOf: new Date(Date.now() + 10).toISOString() } });
  await until(() => watch.freshness.trouble === null);
  watch.close();
});

test("an old list is not called live, whatever else comes through", async () => {
  service.answerWith(events(list("1"), alive(11_000)));
  const { said, watch } = watched();
  await until(() => said.some(({ type }) => type === "freshness"));
  assert.equal(watch.freshness.state, "late");
  assert.equal(watch.freshness.trouble?.source, "gateway", "the service talks, so it is the gateway that does not");
  watch.close();
});

for (const [event, data, why, reason] of [
  ["session-ended", { reason: "forced-out" }, "session-ended", "forced-out"],
  ["token-expired", {}, "token-expired", null],
  ["replaced", {}, "replaced", null],
] as const) {
  test(`after ${event} the watch is over and does not come back by itself`, async () => {
    service.answerWith((response, request) => {
      events(list("1"), { event, data, retry: 1 })(response, request);
      response.end();
    });
    const { said, types } = watched();
    await until(() => types().includes("end"));
    const end = said.at(-1);
    assert.ok(end?.type === "end");
    assert.deepEqual([end.why, end.reason], [why, reason]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(service.requests.length, 1);
  });
}

test("an instance that ends sends its clients on, which is no trouble and no end", async () => {
  service.answerWith((response, request) => {
    events(list("1"), alive(), { event: "instance-ending", data: {}, retry: 5 })(response, request);
    response.end();
    service.answerWith(events(list("1"), alive()));
  });
  const { said, watch, types } = watched();
  await until(() => lists(said).length === 2);
  assert.equal(types().includes("trouble"), false);
  assert.equal(types().includes("end"), false);
  watch.close();
});

test("a token function is asked anew when the stream's token has expired", async () => {
  const tokens = ["first", "second"];
  const asked: (string | undefined)[] = [];
  const source = (refused?: string) => {
    asked.push(refused);
    return (refused === undefined ? tokens[0] : tokens[1]) ?? "";
  };
  service.answerWith((response, request) => {
    if (request.headers.authorization === "Bearer first" && request.number > 1) {
      return problem("token-expired", 401)(response, request);
    }
    events(list(String(request.number)), alive())(response, request);
    if (request.number > 1) return;
    say(response, { event: "token-expired", data: {} });
    response.end();
  });
  const { said, watch } = watched(createClient({ baseUrl: service.url, token: source }));
  await until(() => lists(said).length === 2);
  assert.ok(asked.includes("first"));
  assert.equal(service.requests.at(-1)?.headers.authorization, "Bearer second");
  watch.close();
});

for (const [code, status, why] of [
  ["session-not-found", 401, "session-ended"],
  ["token-expired", 401, "token-expired"],
  ["token-invalid", 401, "refused"],
  ["csrf", 403, "refused"],
] as const) {
  test(`a stream that is refused with ${code} ends as ${why}, with the problem`, async () => {
    service.answerWith(problem(code, status));
    const { said, types } = watched();
    await until(() => types().includes("end"));
    const end = said.at(-1);
    assert.ok(end?.type === "end" && end.why === why);
    assert.ok(isProblem(end.problem, code));
    assert.equal(service.requests.length, 1);
  });
}

test("Retry-After of a busy service is kept", async () => {
  service.answerWith(problem("rate-limited", 429, {}, { "Retry-After": "60" }));
  const { types, watch } = watched();
  await until(() => types().includes("trouble"));
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(service.requests.length, 1);
  service.answerWith(events(list("1"), alive()));
  watch.retry();
  await until(() => types().includes("conferences"));
  watch.close();
});

test("a reader who is slow gets the newest list only", async () => {
  const watch = client().watch({ timing: quick });
  await until(() => service.open.size === 1);
  const [stream] = service.open;
  assert.ok(stream);
  for (let number = 2; number < 50; number++) say(stream, list(String(number)));
  say(stream, alive());
  await new Promise((resolve) => setTimeout(resolve, 50));
  watch.close();
  const seen: string[] = [];
  for await (const update of watch) {
    if (update.type === "conferences") seen.push(update.conferences.map(({ id }) => id).join());
  }
  assert.deepEqual(seen, ["49"]);
});

test("a signal closes the watch", async () => {
  const leaving = new AbortController();
  const seen: string[] = [];
  for await (const update of client().watch({ timing: quick, signal: leaving.signal })) {
    seen.push(update.type);
    if (update.type === "conferences") leaving.abort();
  }
  assert.equal(seen.at(-1), "end");
  await until(() => service.open.size === 0);
});

test("a service that hangs is asked with pauses that grow, however long each attempt takes", async () => {
  const at: number[] = [];
  service.answerWith(() => void at.push(performance.now()));
  const timing = { firstPauseMs: 30, longestPauseMs: 5_000, answerMs: 60, steadyMs: 40 };
  const watch = client().watch({ timing }, () => undefined);
  await until(() => at.length === 6);
  watch.close();
  const last = (at[5] as number) - (at[4] as number);
  assert.ok(last > 60 + 240 - 5, `${last} ms before the sixth attempt`);
});

test("a watch whose token function hangs tells of it, and ends when it is closed", async () => {
  const { said, types, watch } = watched(
    createClient({ baseUrl: service.url, token: () => new Promise<string>(() => undefined) }),
  );
  await until(() => types().includes("trouble"));
  watch.close();
  await until(() => said.at(-1)?.type === "end");
});

for (const type of ["conferences", "trouble"] as const) {
  test(`a listener that throws at ${type} is told of as any uncaught error, and the watch goes on`, async (t) => {
    const reported: unknown[] = [];
    Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) });
    t.after(() => Reflect.deleteProperty(globalThis, "reportError"));
    if (type === "trouble") service.answerWith(badGateway());
    const seen: string[] = [];
    const watch = client().watch({ timing: quick }, (update) => {
      seen.push(update.type);
      if (update.type === type) throw new Error("a mistake in the page");
    });
    await until(() => seen.includes(type));
    service.answerWith(events(list("1"), alive()));
    await until(() => seen.includes("alive"));
    assert.equal(seen.includes("trouble"), type === "trouble");
    assert.match(String(reported[0]), /a mistake in the page/);
    watch.close();
    await until(() => seen.at(-1) === "end");
  });
}

test("what nobody reads does not pile up, and what was said last is read last", async () => {
  const watch = client().watch({ timing: quick });
  await until(() => service.open.size === 1);
  const [stream] = service.open;
  assert.ok(stream);
  for (let number = 0; number < 50; number++) {
    say(stream, { event: "problem", data: { code: "gateway-error", title: "x", status: 502 } });
    say(stream, list(String(number)));
  }
  await until(() => watch.freshness.trouble === null && watch.freshness.state === "live");
  await new Promise((resolve) => setTimeout(resolve, 50));
  watch.close();
  const seen: string[] = [];
  for await (const { type } of watch) seen.push(type);
  assert.deepEqual(seen.toSorted(), [...new Set(seen)].toSorted(), "one of each");
  assert.ok(seen.indexOf("trouble") < seen.indexOf("conferences"), seen.join());
  assert.ok(seen.indexOf("trouble") < seen.indexOf("freshness"), seen.join());
});
