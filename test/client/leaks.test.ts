import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient, type WatchUpdate } from "../../client/index.js";
import { until } from "../support/until.ts";
import { alive, badGateway, events, json, list, type StubService, startStubService } from "./stub-service.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const quick = { firstPauseMs: 5, longestPauseMs: 10, answerMs: 300, silenceMs: 300 };

/** As a page has it: what a line listens to is counted here. */
const page = new EventTarget();
const ears = () => ["online", "offline"].map((name) => getEventListeners(page, name).length);
before(() => Object.assign(globalThis, { addEventListener: page.addEventListener.bind(page) }));
after(() => Object.assign(globalThis, { addEventListener: undefined }));

let service: StubService;
beforeEach(async () => {
  service = await startStubService(events(list("1"), alive()));
});
afterEach(() => service.close());

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
/** What is left when all that is garbage is taken away, in rounds: what goes may let go of more a moment later. */
const heapMiB = async () => {
  for (let round = 0; round < 4; round += 1) {
    collect();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed / 1_048_576;
};

test("watches that have ended leave no listener, no timer and no connection behind, and are garbage", async () => {
  const client = createClient({ baseUrl: service.url, token: "t" });
  const { signal } = new AbortController();
  const timersBefore = timers();
  const ended: WeakRef<object>[] = [];
  for (let round = 0; round < 10; round += 1) {
    const said: string[] = [];
    const hear = ({ type }: WatchUpdate<{ id: string }>) => said.push(type);
    const watches = Array.from({ length: 10 }, () => client.watch({ timing: quick, signal }, hear));
    await until(() => said.filter((type) => type === "freshness").length >= 10);
    for (const response of service.open) response.destroy();
    await until(() => service.open.size === 10);
    for (const watch of watches.splice(0)) {
      ended.push(new WeakRef(watch));
      watch.close();
    }
    await until(() => said.filter((type) => type === "end").length === 10);
  }
  await until(() => service.open.size === 0);
  assert.deepEqual(ears(), [0, 0]);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.ok(timers() <= timersBefore, `${timersBefore} timers before, ${timers()} now`);
  await until(() => {
    collect();
    return ended.filter((one) => one.deref() !== undefined).length <= 1;
  });
});

test("loops that are left, aborted or over give everything back", async () => {
  const client = createClient({ baseUrl: service.url, token: "t" });
  const timersBefore = timers();
  for (let round = 0; round < 50; round += 1) {
    const controller = new AbortController();
    for await (const update of client.watch({ timing: quick, signal: controller.signal })) {
      if (update.type !== "conferences") continue;
      if (round % 2 === 0) break;
      controller.abort();
    }
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  }
  await until(() => service.open.size === 0);
  assert.deepEqual(ears(), [0, 0]);
  assert.ok(timers() <= timersBefore);
});

test("a watch that comes back four hundred times grows by nothing", async () => {
  service.answerWith(badGateway());
  const client = createClient({ baseUrl: service.url, token: "t" });
  const busy = { firstPauseMs: 1, longestPauseMs: 1, answerMs: 300, silenceMs: 300 };
  const watch = client.watch({ timing: busy }, () => undefined);
  await until(() => service.requests.length >= 200, 20_000);
  const ours = () => service.requests as unknown[];
  ours().length = 0;
  const earsThen = ears();
  const timersThen = timers();
  const heapThen = await heapMiB();
  for (let hundreds = 0; hundreds < 4; hundreds += 1) {
    await until(() => service.requests.length >= 100, 20_000);
    ours().length = 0;
  }
  const grown = (await heapMiB()) - heapThen;
  assert.deepEqual(ears(), earsThen);
  assert.ok(timers() <= timersThen + 1, `${timersThen} timers then, ${timers()} now`);
  assert.ok(grown < 1, `${grown.toFixed(2)} MiB more`);
  watch.close();
});

test("a thousand calls with one signal leave nothing on it", async () => {
  service.answerWith(json({ conferences: [] }));
  const client = createClient({ baseUrl: service.url, token: "t" });
  const { signal } = new AbortController();
  const ask = async (times: number) => {
    for (let asked = 0; asked < times; asked += 20) {
      await Promise.all(Array.from({ length: 20 }, () => client.list({ signal })));
      (service.requests as unknown[]).length = 0;
    }
  };
  await ask(300);
  const heapThen = await heapMiB();
  await ask(1_000);
  const grown = (await heapMiB()) - heapThen;
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.ok(grown < 1, `${grown.toFixed(2)} MiB more`);
});
