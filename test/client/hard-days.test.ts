import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient, isProblem, type WatchUpdate } from "../../client/index.js";
import { failOnCrash } from "../support/crash-watch.ts";
import { until } from "../support/until.ts";
import { alive, events, list, type StubAnswer, type StubService, say, startStubService } from "./stub-service.ts";

failOnCrash();

const quick = { firstPauseMs: 10, longestPauseMs: 40, answerMs: 2_000, silenceMs: 2_000 };

let service: StubService;
beforeEach(async () => {
  service = await startStubService(events(list("1"), alive()));
});
afterEach(() => service.close());

const client = () => createClient({ baseUrl: service.url, token: "the-token" });

/** What a proxy says that knows no such service, or whose page for maintenance is a good answer. */
const page =
  (status: number): StubAnswer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "text/html" });
    response.end("<h1>Back in a minute</h1>");
  };

for (const begun of [true, false]) {
  test(`a reader who leaves while nothing comes is let go at once, ${begun ? "in the middle of" : "before"} its first wait`, async () => {
    service.answerWith(events());
    const watch = client().watch({ timing: quick });
    const reader = watch[Symbol.asyncIterator]();
    await until(() => service.open.size === 1);
    const waiting = begun ? reader.next() : null;
    await reader.return?.();
    if (waiting !== null) assert.equal((await waiting).done, true);
    assert.equal((await reader.next()).done, true);
    await until(() => service.open.size === 0);
  });
}

test("several waits of one reader each get an update of their own, in order", async () => {
  const watch = client().watch({ timing: quick });
  const reader = watch[Symbol.asyncIterator]();
  const read = await Promise.all([reader.next(), reader.next(), reader.next()]);
  assert.deepEqual(
    read.map(({ value }) => value?.type),
    ["conferences", "alive", "freshness"],
  );
  await reader.return?.();
});

for (const status of [200, 404, 408]) {
  test(`a page with ${status} that stands in for a service that was there is outlived, and ends a watch that never had one`, async () => {
    const said: WatchUpdate<{ id: string }>[] = [];
    const watch = client().watch({ timing: quick }, (update) => said.push(update));
    await until(() => said.some(({ type }) => type === "conferences"));
    service.answerWith(page(status));
    for (const response of service.open) response.destroy();
    await until(() => said.some((update) => update.type === "trouble" && update.source === "service"));
    service.answerWith(events(list("2"), alive()));
    await until(() => said.filter(({ type }) => type === "conferences").length === 2);
    watch.close();

    service.answerWith(page(status));
    for await (const update of client().watch({ timing: quick })) {
      assert.ok(update.type === "end", update.type);
      assert.deepEqual([update.why, update.problem?.code], ["refused", "not-the-service"]);
    }
  });
}

test("half an event before a reset is as if it had not come", async () => {
  const said: WatchUpdate<{ id: string }>[] = [];
  const watch = client().watch({ timing: quick }, (update) => said.push(update));
  await until(() => said.some(({ type }) => type === "conferences"));
  const before = service.requests.length;
  for (const response of service.open) {
    response.write('id: list-9\nevent: conferences\ndata: {"conferences":[{"id":');
    setTimeout(() => response.destroy(), 20);
  }
  await until(() => service.requests.length > before);
  assert.equal(service.requests.at(-1)?.headers["last-event-id"], "list-1");
  watch.close();
});

test("an event without an end is given up at its greatest size, told as the service's trouble, and asked for anew", async (context) => {
  /** In MiB, of each connection. */
  const taken: number[] = [];
  const piece = "x".repeat(1024 * 1024);
  service.answerWith((response) => {
    const which = taken.push(0) - 1;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("event: conferences\ndata: ");
    const more = (lost?: Error | null): void => {
      const before = taken[which] ?? 0;
      // On a line that is lost, writes come back at once, and nothing else has its turn.
      if (lost || response.destroyed || before >= 200) return;
      taken[which] = before + 1;
      response.write(piece, more);
    };
    more();
  });
  const said: WatchUpdate<{ id: string }>[] = [];
  const watch = client().watch({ timing: quick }, (update) => said.push(update));
  context.after(() => watch.close());
  await until(() => said.some((update) => update.type === "trouble"));
  const { trouble } = watch.freshness;
  assert.deepEqual([trouble?.source, trouble?.problem?.code], ["service", "event-too-large"]);
  assert.ok((taken[0] ?? 0) < 100, `${taken[0]} MiB were taken`);
  service.answerWith(events(list("2"), alive()));
  await until(() => said.some(({ type }) => type === "conferences"));
  assert.equal(watch.freshness.trouble, null);
});

test("a service whose clock is set back does not keep a trouble that is over", async () => {
  const ahead = Date.now() + 3_600_000;
  service.answerWith(events(list("1"), alive(0, 2_000, ahead)));
  const watch = client().watch({ timing: quick }, () => undefined);
  await until(() => watch.freshness.state === "live");
  const sayAll = (...all: Parameters<typeof say>[1][]) => {
    for (const response of service.open) for (const one of all) say(response, one);
  };
  const fails = { code: "gateway-timeout", title: "The gateway did not answer in time", status: 504 };
  service.answerWith(events(list("1"), alive(), { event: "problem", data: fails }));
  for (const response of service.open) response.destroy();
  await until(() => watch.freshness.trouble?.source === "gateway");
  sayAll(alive(5_000));
  await until(() => (watch.freshness.ageMs ?? 0) >= 5_000);
  assert.equal(watch.freshness.trouble?.source, "gateway", "an older confirmation says nothing");
  sayAll(alive(0, 2_000, Date.now() + 50));
  await until(() => watch.freshness.trouble === null);
  watch.close();
});

test("a date in Retry-After is read by the clock of who wrote it", async () => {
  const theirs = Date.now() + 7 * 86_400_000;
  service.answerWith((response) => {
    response.writeHead(503, {
      Date: new Date(theirs).toUTCString(),
      "Retry-After": new Date(theirs + 3_000).toUTCString(),
    });
    response.end();
  });
  const error = await client()
    .list()
    .catch((reason: unknown) => reason);
  assert.ok(isProblem(error));
  assert.equal(error.retryAfterMs, 3_000);
});
