import assert from "node:assert/strict";
import { test } from "node:test";
import type { CDPSession, Page } from "playwright-core";
import { badGateway } from "../client/stub-service.ts";
import { conference, participant } from "./stage.ts";
import { staged } from "./staged.ts";

const here = staged();

/** The same eight conferences in ever another state, with participants who come and go and are put on hold. */
const listOf = (number: number) =>
  Array.from({ length: 8 }, (_, place) =>
    conference(String(100 + place), {
      state: (number + place) % 5 === 0 ? "announcement" : "normal",
      elapsedMinutes: (number + place * 7) % 80,
      participants: Array.from({ length: 3 + ((number + place) % 9) }, (_, seat) =>
        participant(String(1_200 + seat), { state: (number + seat) % 4 === 0 ? "held" : "connected" }),
      ),
    }),
  ).slice(number % 3);

/** Shows lists one by one, each of them on the page before the next. */
async function showLists(page: Page, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 1) {
    const list = listOf(number);
    list[0]?.participants.push(participant(String(70_000 + number), { role: "chair" }));
    here.stage.show(list);
    if (number % 20 !== 19) continue;
    await page
      .locator(`text="${70_000 + number}"`)
      .first()
      .waitFor({ state: "attached" });
    if (number % 40 === 39) await page.click(`[data-view=${number % 80 === 39 ? "table" : "cards"}]`);
  }
  await page.click("[data-view=cards]");
}

interface Held {
  readonly nodes: number;
  readonly listeners: number;
  readonly heapMiB: number;
}

/** What the page holds when everything that nobody needs has been taken away. */
async function held(devtools: CDPSession): Promise<Held> {
  for (let round = 0; round < 3; round += 1) await devtools.send("HeapProfiler.collectGarbage");
  const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN;
  return { nodes, listeners: jsEventListeners, heapMiB: heap / 1_048_576 };
}

/** What is held least of each: the browser lets go of some of its own only after hundreds of lists, whoever asks it to collect. */
const least = (samples: readonly Held[]): Held => ({
  nodes: Math.min(...samples.map(({ nodes }) => nodes)),
  listeners: Math.min(...samples.map(({ listeners }) => listeners)),
  heapMiB: Math.min(...samples.map(({ heapMiB }) => heapMiB)),
});

const ROUNDS = 15;

test("after 750 more lists, both views and many reconnects the page holds what it held before", async () => {
  const page = await here.openApart({ viewport: { width: 1440, height: 900 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  // What happened fills up to its bound first.
  await showLists(page, 0, 100);
  const samples: Held[] = [];
  for (let round = 2; round < 2 + 2 * ROUNDS; round += 1) {
    await showLists(page, round * 50, (round + 1) * 50);
    here.stage.answerStreamsWith(badGateway());
    here.stage.answerStreamsWith(null);
    await page.evaluate("dispatchEvent(new Event('online'))");
    here.stage.show(listOf(0));
    await page.locator(".conference").nth(7).waitFor();
    samples.push(await held(devtools));
  }
  const [then, now] = [least(samples.slice(0, ROUNDS)), least(samples.slice(ROUNDS))];
  const said = `${JSON.stringify(then)} then, ${JSON.stringify(now)} now`;
  assert.ok(now.nodes < then.nodes * 1.2 + 200, said);
  assert.ok(now.listeners <= then.listeners * 1.2 + 10, said);
  assert.ok(now.heapMiB < then.heapMiB + 1, said);
});
