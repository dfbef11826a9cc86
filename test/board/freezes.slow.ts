import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { type CuttableLine, startCuttableLine } from "../support/cuttable-line.ts";
import { inspector, ownSecret, startTestService, type TestService } from "../support/service.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { launchBrowser, openBoard, sees, signIn } from "./browser.ts";

/** Past these after the freeze the page has to have said so. They count from the gateway's last word, so that is late enough. */
const LATE_MS = 10_000;
const STALE_MS = 15_000;
/** The page looks at the very moment; this is for the beat of what writes down, and for the machine. */
const GRACE_MS = 500;

let browser: Browser;
/** A browser of its own, so that its tab can be stopped alone. */
let tabBrowser: Browser;
let simulator: Simulator;
let frozen: ServiceProcess;
let behindGatewayLine: TestService;
let service: TestService;
let folder: string;
const lines: CuttableLine[] = [];

const portOf = (url: string) => Number(new URL(url).port);
const lineTo = async (url: string) => {
  const line = await startCuttableLine(portOf(url));
  lines.push(line);
  return { line, url: url.replace(`:${portOf(url)}`, `:${line.port}`) };
};

let gatewayLine: CuttableLine;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "freezes-"));
  [browser, tabBrowser, simulator] = await Promise.all([launchBrowser(), launchBrowser(), startSimulator()]);
  const own = { GATEWAY_URL: simulator.url, TOKEN_SECRET: ownSecret, SESSION_STORE_URL: "memory:" };
  frozen = await startServiceProcess(own, folder);
  const gateway = await lineTo(simulator.url);
  gatewayLine = gateway.line;
  behindGatewayLine = await startTestService(gateway.url);
  service = await startTestService(simulator.url);
});
after(async () => {
  await Promise.all([browser?.close(), tabBrowser?.close()]);
  for (const line of lines) await line.close();
  await Promise.all([frozen?.kill(), behindGatewayLine?.close(), service?.close()]);
  await simulator?.close();
  await rm(folder, { recursive: true });
});

interface Sample {
  readonly at: number;
  readonly light: string;
  readonly word: string;
  readonly title: string;
  readonly icon: string;
  readonly says: boolean;
}

/** Writes down, many times a second, what the page shows. */
const RECORD = `globalThis.samples = []; setInterval(() => {
  const connection = document.getElementById("connection");
  samples.push({
    at: Date.now(),
    light: connection.dataset.state,
    word: connection.innerText.trim(),
    title: document.title,
    icon: document.getElementById("icon").href.split("/").at(-1),
    says: /\\bLive\\b/.test(document.body.innerText),
  });
}, 50)`;

async function watched(url: string, agentId: string, password = `secret-${agentId}`, inside = browser): Promise<Page> {
  const { page } = await openBoard(inside, url);
  await signIn(page, { ...inspector, agentId, password });
  await page.evaluate(RECORD);
  return page;
}

const samplesOf = (page: Page, from: number) =>
  page.evaluate("samples").then((all) => (all as Sample[]).filter(({ at }) => at >= from));

/** What has to hold of every freeze, by what was on the screen. */
function assertHonest(samples: readonly Sample[], from: number): void {
  const after = (ms: number) => samples.filter(({ at }) => at > from + ms + GRACE_MS);
  const shown = (of: readonly Sample[]) => [...new Set(of.map(({ light }) => light))];
  assert.ok(after(STALE_MS).length > 5, "nothing was seen");
  assert.ok(!shown(after(LATE_MS)).some((light) => light === "live" || light === "wait"), shown(after(LATE_MS)).join());
  assert.ok(
    samples.some(({ light }) => light === "late"),
    "amber comes before grey",
  );
  assert.deepEqual(shown(after(STALE_MS)), ["stale"]);
  for (const { light, word, title, icon, says } of samples) {
    assert.equal(says, light === "live", `${light}, and the page says ${says ? "" : "not "}Live`);
    if (light === "live") assert.deepEqual([word, icon], ["Live", "icon-live.svg"]);
    if (light === "late") assert.deepEqual([word, icon], ["Late", "icon-late.svg"]);
    if (light === "stale") assert.deepEqual([word, icon], ["Out of date", "icon-stale.svg"]);
    if (light === "late" || light === "stale") assert.match(title, /as of .*[13] conferences?/);
  }
}

/** The screen's other words once it is grey. */
const reasonOn = (page: Page) => page.locator(".reason").innerText();
const placeOf = (page: Page) => page.evaluate("document.querySelector('.conference').getBoundingClientRect().top");

test("over a frozen service, gateway, line and tab the light goes out in time, with the reason", async () => {
  const [stalled, apart] = [await lineTo(service.url), await lineTo(service.url)];
  const pages = await Promise.all([
    watched(frozen.url, "1201"),
    watched(behindGatewayLine.url, "1204"),
    watched(stalled.url, "1206"),
    watched(apart.url, "1301", "secret-1301", tabBrowser),
  ]);
  const [overService, overGateway, overLine, overTab] = pages as [Page, Page, Page, Page];
  const places = await Promise.all(pages.map(placeOf));
  const tab = await renderersOf(tabBrowser);
  const from = Date.now();
  process.kill(frozen.pid, "SIGSTOP");
  gatewayLine.cut("silent");
  stalled.line.cut("silent");
  apart.line.cut("silent");
  for (const pid of tab) process.kill(pid, "SIGSTOP");
  await wait(STALE_MS + GRACE_MS + 2_000);
  const thawed = Date.now();
  for (const pid of tab) process.kill(pid, "SIGCONT");

  for (const page of [overService, overGateway, overLine]) assertHonest(await samplesOf(page, from), from);
  assert.match(await reasonOn(overService), /^No answer: the service hangs/);
  assert.match(await reasonOn(overGateway), /^The gateway /);
  assert.match(await reasonOn(overLine), /or your network\.$/);
  await wait(800);
  // The recorder may be the first whose timer is due.
  const afterwards = await samplesOf(overTab, thawed + 250);
  assert.ok(afterwards.length > 0 && afterwards.every(({ light }) => light === "stale"), "the tab that goes on");
  assert.deepEqual(await Promise.all(pages.map(placeOf)), places, "nothing has moved");

  process.kill(frozen.pid, "SIGCONT");
  for (const line of [gatewayLine, stalled.line, apart.line]) line.mend();
  for (const page of pages) {
    // The next attempt may be some seconds away, which is not what this is about.
    await page.evaluate("dispatchEvent(new Event('online'))");
    await sees(page, /^Live$/);
    await page.context().close();
  }
});

test("a browser that is offline says so at once, and goes on when it is back", async () => {
  const page = await watched(service.url, "1210", "");
  await page.context().setOffline(true);
  await sees(page, /^Offline$/);
  await sees(page, "Your network is offline.");
  await page.context().setOffline(false);
  await sees(page, /^Live$/);
  await page.context().close();
});

/** The processes in which the tabs of a browser run: one that is stopped is a tab that stands still. */
async function renderersOf(of: Browser): Promise<number[]> {
  const session = await of.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}
