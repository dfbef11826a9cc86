import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { alive, events, problem } from "../client/stub-service.ts";
import { startTestService } from "../support/service.ts";
import { fillIn, OTHER_MACHINE, openBoard, sees } from "./browser.ts";
import { busyDay, conference, participant } from "./stage.ts";
import { staged } from "./staged.ts";

const here = staged();
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Every rule of axe in light, and in dark those that colours can break. */
async function assertAccessible(page: Page, state: string): Promise<void> {
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(AXE);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const rules = colorScheme === "light" ? "{}" : '{ runOnly: ["color-contrast", "link-in-text-block"] }';
    const found = (await page.evaluate(
      `axe.run(${rules}).then(({ violations }) => violations)`,
    )) as readonly Violation[];
    const told = found.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html}\n${node.failureSummary}`).join("\n")}`,
    );
    assert.deepEqual(told, [], `${state}, ${colorScheme}`);
  }
}

const failure = { code: "gateway-timeout", title: "The gateway did not answer in time", status: 504 };
const one = conference("355840", {
  participants: [participant("1251", { role: "chair" }), participant("70005", { state: "held" }), participant("1201")],
});
const small = [
  one,
  conference("100", { elapsedMinutes: 75 }),
  conference("200", { elapsedMinutes: 57, state: "announcement" }),
  conference("300", { participants: [] }),
  conference("400", {
    participants: Array.from({ length: 12 }, (_, number) => participant(String(5_000 + number), { audio: "none" })),
  }),
];

test("axe finds nothing in any state of the board, light and dark", async () => {
  here.stage.answerStreamsWith(events());
  const page = await here.open("", { viewport: { width: 1440, height: 900 } });
  await sees(page, "Waiting for the list …");
  await assertAccessible(page, "waiting");
  here.stage.reset();
  here.stage.show(small);
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.locator(".conference").nth(4).waitFor();
  await assertAccessible(page, "cards");
  here.stage.show([{ ...one, participants: [...one.participants, participant("70099")] }, ...small.slice(2)]);
  await sees(page, "Phone 70099 joined conference 355840.");
  await assertAccessible(page, "changes, marks, and one that has ended");
  await page.click("[data-view=table]");
  await assertAccessible(page, "table");
  await page.click("[data-filter=over]");
  await assertAccessible(page, "filtered");
  await page.fill("#search", "nobody");
  await sees(page, "No conference is like that");
  await assertAccessible(page, "nothing found");
  await page.fill("#search", "");
  await page.click("[data-view=cards]");
  await page.locator(".filters button").first().click();
  here.stage.say({ event: "problem", data: failure });
  await sees(page, /^Gateway fails$/);
  await assertAccessible(page, "the gateway fails");
  here.stage.say(alive(12_000));
  await sees(page, /^Late$/);
  await assertAccessible(page, "late");
  here.stage.say(alive(16_000));
  await sees(page, /^Out of date$/);
  await assertAccessible(page, "out of date");
  await page.click("#alerts-open");
  await assertAccessible(page, "alerts");
  await page.keyboard.press("Escape");
  here.stage.show([]);
  await page.reload();
  await page.locator(".empty").waitFor();
  await assertAccessible(page, "empty");
  here.stage.say({ event: "replaced", data: {}, retry: 600_000 });
  await sees(page, /^Stopped$/);
  await assertAccessible(page, "stopped");
});

test("axe finds nothing in any state of the sign-in and its questions, and the focus returns after each", async () => {
  here.stage.answerStreamsWith(problem("token-missing", 401));
  here.stage.answerSessionsWith(problem("agent-already-signed-in", 409));
  const page = await here.open();
  await page.locator("#sign-in-form").waitFor();
  await assertAccessible(page, "sign-in");
  await fillIn(page, { agentId: "", phoneNumber: "" });
  await sees(page, "This is needed.");
  await assertAccessible(page, "mistakes");
  await fillIn(page);
  await sees(page, "Agent 1201 is signed in already");
  await assertAccessible(page, "a question");
  await page.keyboard.press("Escape");
  await page.waitForFunction("document.activeElement.matches('#sign-in-form button')");
  here.stage.answerSessionsWith(problem("wrong-credentials", 401, { title: "Wrong agent or password" }));
  await fillIn(page);
  await sees(page, /^Wrong agent or password/);
  await assertAccessible(page, "a problem");

  here.stage.reset();
  here.stage.show(small);
  await page.reload();
  await sees(page, /^Live$/);
  here.stage.answerSessionsWith(problem("agent-busy", 409));
  await page.focus("#sign-out");
  await page.keyboard.press("Enter");
  await sees(page, "The agent is in a call");
  await page.keyboard.press("Escape");
  await page.waitForFunction("document.activeElement.id === 'sign-out'");
  here.stage.say({ event: "session-ended", data: { reason: "idle" } });
  await sees(page, /not used for a long time/);
  await assertAccessible(page, "a farewell");
});

test("axe finds nothing where there is no form to fill in: sessions of another app, and plain http from another machine", async () => {
  const foreign = await startTestService("http://127.0.0.1:9/agentgateway/resource", {
    environment: { TOKEN_SECRET: "" },
  });
  try {
    const far = here.stage.url.replace("127.0.0.1", OTHER_MACHINE);
    here.stage.answerStreamsWith(problem("token-missing", 401));
    for (const [url, words] of [
      [foreign.url, "Sign in elsewhere"],
      [far, /does not keep the session cookie/],
    ] as const) {
      const { page } = await openBoard(here.browser, url);
      await sees(page, words);
      await page.setViewportSize({ width: 360, height: 740 });
      await assertAccessible(page, String(words));
      await page.context().close();
    }
  } finally {
    await foreign.close();
  }
});

test("sixty conferences hold what axe asks for, as cards and as a table, on a phone", async () => {
  here.stage.show(busyDay());
  const page = await here.open("", { viewport: { width: 360, height: 740 } });
  await page.locator(".conference").nth(59).waitFor();
  await assertAccessible(page, "sixty cards");
});

test("conferences and bars have names of their own, and headings lead from one to the next in both views", async () => {
  here.stage.show(small);
  const page = await here.open();
  await page.getByRole("article", { name: "Conference 355840" }).waitFor();
  const bar = page.getByRole("progressbar", { name: "Time used by conference 100" });
  assert.equal(await bar.getAttribute("aria-valuetext"), "1:15 h of 1:00 h, 0:15 h over");
  assert.equal(await page.getByRole("heading", { level: 2, name: /^Conference \d+$/ }).count(), small.length);
  await page.click("[data-view=table]");
  assert.equal(await page.getByRole("heading", { level: 2, name: /^Conference \d+$/ }).count(), small.length);
  await page.getByRole("button", { name: "1 past the end" }).waitFor();
});

test("the system's own colours leave bars, dots and urgency", async () => {
  here.stage.show(small);
  const page = await here.open("", { forcedColors: "active" });
  await sees(page, /^Live$/);
  const style = (selector: string, property: string) =>
    page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${property}`);
  const text = await style("body", "color");
  assert.equal(await style("#connection .dot", "backgroundColor"), text);
  assert.equal(await style("progress", "borderTopStyle"), "solid");
  assert.equal(await style('.conference[data-time="over"] article', "borderTopStyle"), "double");
  assert.notEqual(await style('.conference[data-time="fine"] article', "borderTopStyle"), "double");
  await page.click("[data-view=table]");
  assert.equal(await style('.conference[data-time="over"] .which', "borderLeftStyle"), "double");
});

test("at 200 % the order stays: what is more urgent is never further down", async () => {
  here.stage.show(busyDay());
  const page = await here.openApart({ viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 });
  await page.locator(".conference").nth(59).waitFor();
  const tops = (await page
    .locator(".conference")
    .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)))) as number[];
  assert.deepEqual(
    tops,
    tops.toSorted((first, other) => first - other),
  );
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 720);
});

test("on a phone at 200 % nothing is cut off, no address is broken, and the order stays", async () => {
  here.stage.show(busyDay());
  for (const view of ["cards", "table"]) {
    for (const width of [320, 180]) {
      const page = await here.open(`#view=${view}`, { viewport: { width, height: 370 } });
      await page.locator(".conference").nth(59).waitFor();
      await page.getByText("Agent 1201").waitFor();
      const seen = await page.evaluate(`({
        over: document.documentElement.scrollWidth - innerWidth,
        cut: ["#agent", ".age"].filter((one) => document.querySelector(one).scrollWidth > document.querySelector(one).clientWidth),
        broken: [...document.querySelectorAll(".address")].filter((one) => one.getClientRects().length > 1 || one.clientHeight > 30).length,
      })`);
      assert.deepEqual(seen, { over: 0, cut: [], broken: 0 }, `${view}, ${width}`);
    }
  }
});

test("changes are announced gathered, ten seconds apart, and can be silenced", async () => {
  here.stage.show([conference("1")]);
  const page = await here.openApart({});
  await page.clock.install();
  await page.reload();
  const said = () => page.evaluate("globalThis.said.splice(0)") as Promise<string[]>;
  await page.locator(".conference").waitFor();
  await page.evaluate(`globalThis.said = []; new MutationObserver(() => {
    const text = document.getElementById("announcer").textContent;
    if (text !== "") said.push(text);
  }).observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true })`);
  await page.clock.runFor(11_000);
  await said();
  for (let number = 2; number < 14; number++) {
    here.stage.show(Array.from({ length: number }, (_, place) => conference(String(place + 1))));
    await page.locator(`.conference[data-key="${number}"]`).waitFor();
  }
  await page.clock.runFor(20_000);
  const burst = await said();
  assert.equal(burst.length, 2, burst.join("\\n"));
  assert.match(
    String(burst[1]),
    /^Conference 3 has started. Conference 4 has started. Conference 5 has started. And 8 more changes.$/,
  );
  await page.click("#alerts-open");
  await page.uncheck("#alerts [name=spoken]");
  await page.click("#alerts-close");
  here.stage.show([conference("1")]);
  await page.locator('.conference[data-key="13"][data-ended]').waitFor();
  await page.clock.runFor(20_000);
  assert.deepEqual(await said(), []);
});
