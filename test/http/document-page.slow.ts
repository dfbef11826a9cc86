import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { clientSamples } from "../../src/api-samples.ts";
import { launchBrowser, openBoard, sees } from "../board/browser.ts";
import { signedInDevice } from "../support/device.ts";
import { startPair } from "../support/service.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let service: Awaited<ReturnType<typeof startPair>>;
before(async () => {
  [browser, service] = await Promise.all([launchBrowser(), startPair()]);
});
after(async () => {
  await browser?.close();
  await service?.close();
});

const open = async (fragment = "") => openBoard(browser, `${service.url}/docs${fragment}`);

test("the first screen of a phone is about the service, and the contents are folded until they are asked for", async () => {
  const { page } = await open();
  await page.setViewportSize({ width: 360, height: 740 });
  const place = (selector: string) =>
    page.evaluate(
      `(({ top, height }) => ({ top, height }))(document.querySelector("${selector}").getBoundingClientRect())`,
    );
  const heading = (await place("main h1")) as { top: number };
  const nav = (await place("nav")) as { height: number };
  assert.ok(heading.top < 200 && nav.height < 60, `${heading.top} ${nav.height}`);
  const search = (await page.evaluate("document.getElementById('search').clientWidth")) as number;
  assert.ok(search > 250, "what may be searched for is readable");
  await page.click("nav summary");
  await page.click('nav a[href="#listConferences"]');
  await page.waitForFunction("document.getElementById('listConferences').getBoundingClientRect().top < 200");
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
  await page.context().close();
});

test("on a phone the list of problems is read without being pushed to and fro", async () => {
  const { page } = await open();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${service.url}/problems`);
  const widths = await page.evaluate(
    "[...document.querySelectorAll('body, main, .wide, table, td')].map((one) => one.scrollWidth)",
  );
  assert.ok(
    (widths as number[]).every((width) => width <= 360),
    String(widths),
  );
  await page.context().close();
});

test("each operation has code beside it, and the recipes are the examples as they run", async () => {
  const { page } = await open();
  const samples = (id: string) => page.locator(`#${id} .samples pre`).allInnerTexts();
  assert.deepEqual(await samples("listConferences"), [
    'curl \\\n  -H "Authorization: Bearer $TOKEN" \\\n  "$URL/conferences"',
    clientSamples.listConferences,
  ]);
  assert.equal(await page.locator("article[data-method]:not(:has(.samples pre))").count(), 0);
  for (const [id, file] of [
    ["recipe-page", "page/page.js"],
    ["recipe-script", "script/watch.js"],
    ["recipe-portal", "portal/portal.js"],
  ] as const) {
    const code = (await page.locator(`#${id} pre`).innerText()).split("\n\n").slice(1).join("\n\n");
    assert.ok(readFileSync(new URL(`../../examples/${file}`, import.meta.url), "utf8").includes(code.trim()), file);
  }
  const under = await page.evaluate(`[...document.querySelectorAll(".code")].filter((frame) => {
    const [button, code] = [frame.querySelector("button"), frame.querySelector("pre")];
    return code.getBoundingClientRect().right > button.getBoundingClientRect().left;
  }).length`);
  assert.equal(under, 0, "no button lies over code");
  await page.context().close();
});

test("a search finds operations by any word of theirs", async () => {
  const { page } = await open();
  await page.keyboard.press("/");
  await page.keyboard.type("last-event-id");
  await sees(page, "1 found");
  assert.deepEqual(
    await page
      .locator("main article")
      .filter({ visible: true })
      .evaluateAll((all) => all.map(({ id }) => id)),
    ["streamSessionEvents"],
  );
  await page.fill("#search", "");
  assert.ok((await page.locator("main article").filter({ visible: true }).count()) > 20);
  await page.context().close();
});

test("an operation is tried with a token, a stream shows its events and is stopped", async () => {
  const device = await signedInDevice(service.url);
  const { page, complaints, hosts } = await open();
  await page.fill("#token", device.token);
  const trying = async (id: string) => {
    await page.click(`#${id} .try summary`);
    await page.locator(`#${id} form`).waitFor();
    return page.locator(`#${id} form`);
  };
  const list = await trying("listConferences");
  await list.locator("button[type=submit]").click();
  await list.getByText(/^200 · Content-Type: application\/json/).waitFor();
  assert.deepEqual(JSON.parse(await list.locator("pre").innerText()).conferences[0], { id: "355840" });
  const one = await trying("getConference");
  await one.locator("input").fill("7");
  await one.locator("button[type=submit]").click();
  await one.getByText(/^404 · Content-Type: application\/problem\+json/).waitFor();
  const stream = await trying("streamConferences");
  await stream.locator("button[type=submit]").click();
  await stream.getByText(/event: alive/).waitFor();
  await stream.getByText("Stop").click();
  await stream.getByText(/· stopped$/).waitFor();
  const bind = await trying("signIn");
  assert.equal(JSON.parse(await bind.locator("textarea").inputValue()).agentId, "1201");
  assert.deepEqual([...hosts], [new URL(service.url).host]);
  assert.deepEqual(
    complaints.filter((text) => !text.includes("404")),
    [],
  );
  await page.context().close();
});

test("axe finds nothing on the page, light and dark, wide and narrow", async () => {
  const { page } = await open("#signIn");
  await page.click("#signIn .try summary");
  await page.locator("#signIn form").waitFor();
  await page.evaluate(AXE);
  for (const [width, colorScheme] of [
    [1440, "light"],
    [360, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), [], `${width} ${colorScheme}`);
  }
  await page.context().close();
});

const violations = (page: Page) =>
  page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))");
