import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { alive, events } from "../client/stub-service.ts";
import { sees } from "./browser.ts";
import { busyDay, conference, participant } from "./stage.ts";
import { staged } from "./staged.ts";

const here = staged();

const ids = (page: Page) =>
  page
    .locator(".conference")
    .evaluateAll((all) => all.map((one) => (one as unknown as { dataset: { key: string } }).dataset.key));
const count = (page: Page, filter: string) => page.locator(`[data-filter=${filter}] b`).innerText();
const fragment = (page: Page) => page.evaluate("location.hash");

test("of sixty conferences the ten that are past their end are the first, and on the first screen there are urgent ones only", async () => {
  here.stage.show(busyDay());
  const page = await here.open("", { viewport: { width: 1440, height: 900 } });
  await page.locator(".conference").nth(59).waitFor();
  const times = await page.locator(".conference").evaluateAll((all) => all.map((one) => one.getAttribute("data-time")));
  assert.deepEqual(times.slice(0, 20), [...Array(10).fill("over"), ...Array(10).fill("ending")]);
  const inSight = page.locator(".conference").filter({ visible: true });
  const seen = await inSight.evaluateAll((all) =>
    all.filter((one) => one.getBoundingClientRect().top < 900).map((one) => one.getAttribute("data-time")),
  );
  assert.ok(seen.length >= 6 && seen.every((time) => time === "over"), seen.join());
  assert.deepEqual(await Promise.all(["over", "ending", "empty", "mine"].map((name) => count(page, name))), [
    "10",
    "10",
    "3",
    "0",
  ]);
});

test("counters are filters, a search finds agents, phones and ids, and the address keeps all of it", async () => {
  here.stage.show([
    conference("100", { elapsedMinutes: 70, startedAt: "2026-09-21T14:00:00.000Z" }),
    conference("200", { elapsedMinutes: 57, participants: [participant("1299", { state: "held" })] }),
    conference("300", {
      startedAt: "2026-09-21T13:00:00.000Z",
      participants: [participant("1201"), participant("80001")],
    }),
    conference("400", { participants: [] }),
  ]);
  const page = await here.open();
  await page.locator(".conference").nth(3).waitFor();
  assert.deepEqual(await ids(page), ["100", "200", "300", "400"]);
  await page.click("[data-filter=over]");
  await page.click("[data-filter=held]");
  assert.deepEqual(await ids(page), ["100", "200"]);
  assert.equal(await fragment(page), "#show=over,held");
  assert.equal(await page.getAttribute("[data-filter=over]", "aria-pressed"), "true");
  await page.locator(".filters button").first().click();
  await page.keyboard.press("/");
  await page.keyboard.type("80001");
  assert.deepEqual(await ids(page), ["300"]);
  await page.selectOption("#sort", "start");
  await page.fill("#search", "");
  assert.deepEqual((await ids(page)).slice(0, 2), ["300", "100"]);
  await page.click("[data-filter=mine]");
  await page.click("[data-view=table]");
  assert.equal(await fragment(page), "#sort=start&show=mine&view=table");

  const kept = await here.open(`#sort=start&show=mine&find=1201&view=table`);
  await kept.locator("tr.conference").waitFor();
  assert.deepEqual(await ids(kept), ["300"]);
  assert.equal(await kept.inputValue("#search"), "1201");
  await kept.fill("#search", "nobody");
  await sees(kept, "No conference is like that");
  await kept.click("text=Show all");
  assert.equal((await ids(kept)).length, 4);
});

test("a table stands beside the cards, is remembered, and folds all but six participants", async () => {
  const many = Array.from({ length: 20 }, (_, number) => participant(String(5_000 + number)));
  here.stage.show([conference("100", { participants: [...many, participant("1201")] }), conference("200")]);
  const page = await here.open();
  await page.locator(".cards .conference").first().waitFor();
  const shown = page.locator('.conference[data-key="100"] .participant');
  assert.equal(await shown.count(), 6);
  assert.equal(await page.locator(".badge.own").innerText(), "You", "the own agent is never folded away");
  await page.click("text=Show 15 others");
  assert.equal(await shown.count(), 21);
  await page.click("text=Show fewer");
  await page.click("[data-view=table]");
  assert.equal(await page.locator("table tr.conference").count(), 2);
  await page.evaluate("history.replaceState(null, '', '/')");
  await page.reload();
  await page.locator("table tr.conference").first().waitFor();
});

test("sixty conferences are readable at every width: nothing is cut off, nothing overlaps, no hole is left", async () => {
  here.stage.show(busyDay());
  const page = await here.open();
  for (const width of [360, 820, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    for (const view of ["cards", "table"]) {
      await page.click(`[data-view=${view}]`);
      await page.locator(".conference").nth(59).waitFor();
      const looked = (await page.evaluate(LAYOUT)) as { over: number; overlaps: number; hole: number };
      assert.equal(looked.over, 0, `${view} at ${width}`);
      assert.equal(looked.overlaps, 0, `${view} at ${width}`);
      assert.ok(looked.hole < 30, `${view} at ${width} has a hole of ${looked.hole} px beside a tall card`);
    }
  }
});

test("on a phone nothing in a row lies on anything else, the own agent is named, and each reason is read to its end", async () => {
  here.stage.show(busyDay());
  const page = await here.open("#view=table", { viewport: { width: 360, height: 900 } });
  await page.locator(".conference").nth(59).waitFor();
  assert.deepEqual(await page.evaluate(OVERLAPS), []);
  const cut = () =>
    page.evaluate(
      `["#agent", ".reason", ".age"].filter((one) => { const it = document.querySelector(one); return it !== null && it.scrollWidth > it.clientWidth; })`,
    );
  assert.equal(await page.locator("#agent").innerText(), "Agent 1201");
  assert.deepEqual(await cut(), []);
  await page.evaluate("dispatchEvent(new Event('offline'))");
  await sees(page, "Your network is offline.");
  assert.deepEqual(await cut(), []);
  here.stage.answerStreamsWith((response) => response.destroy());
  await sees(page, /^No answer/);
  assert.deepEqual(await cut(), []);
  here.stage.reset();
  here.stage.show(busyDay());
  await page.evaluate("dispatchEvent(new Event('online'))");
  await sees(page, /^Live$/);
  const reported = { code: "gateway-error", title: "The gateway reported an error", status: 502, retcode: "100-007" };
  here.stage.say({ event: "problem", data: reported });
  await sees(page, "The gateway reported an error (code 100-007).");
  assert.deepEqual(await cut(), []);
  here.stage.say({ event: "replaced", data: {}, retry: 600_000 });
  await sees(page, /^Stopped$/);
  assert.deepEqual(await cut(), []);
});

/** What of a conference lies on what else: pairs of texts. */
const OVERLAPS = `(() => {
  const found = [];
  for (const row of document.querySelectorAll(".conference")) {
    const parts = [...row.querySelectorAll("h2, .badge, time, .size, .left, .elapsed, progress, .address")];
    const rects = parts.map((part) => part.getBoundingClientRect());
    rects.forEach((one, place) => rects.slice(place + 1).forEach((other, behind) => {
      const beside = one.left < other.right - 1 && other.left < one.right - 1;
      if (beside && one.top < other.bottom - 1 && other.top < one.bottom - 1) {
        found.push(parts[place].textContent + " on " + parts[place + 1 + behind].textContent);
      }
    }));
  }
  return found;
})()`;

/** Whether anything sticks out or lies on another one, and the tallest gap above a card that no card fills. */
const LAYOUT = `(() => {
  const rects = [...document.querySelectorAll(".conference")].map((one) => (one.querySelector("article") ?? one).getBoundingClientRect());
  let overlaps = 0;
  let hole = 0;
  for (const one of rects) {
    for (const other of rects) {
      if (one === other) continue;
      const beside = one.left < other.right - 1 && other.left < one.right - 1;
      if (beside && one.top < other.bottom - 1 && other.top < one.bottom - 1) overlaps += 1;
    }
    const above = rects.filter((other) => other.bottom <= one.top + 1 && other.left < one.right - 1 && one.left < other.right - 1);
    if (above.length > 0) hole = Math.max(hole, one.top - Math.max(...above.map(({ bottom }) => bottom)));
  }
  return { over: Math.max(0, document.documentElement.scrollWidth - innerWidth), overlaps, hole };
})()`;

test("whoever comes and goes leaves no node behind in the page", async () => {
  const rounds = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) {
      here.stage.show([conference("100", { participants: [participant(String(70_000 + number))] }), conference("200")]);
      await page
        .locator(`text="${70_000 + number}"`)
        .first()
        .waitFor();
    }
    return page.evaluate(
      "(() => { const walk = document.createTreeWalker(document.querySelector('.cards')); let nodes = 0; while (walk.nextNode()) nodes += 1; return nodes; })()",
    );
  };
  here.stage.show([conference("100"), conference("200")]);
  const page = await here.open();
  const then = await rounds(0, 5);
  assert.equal(await rounds(5, 15), then);
});

test("overrun is said in hours and minutes, a date only where it is not today's, and the time zone stands on the page", async () => {
  const days = new Date(Date.now() - 3 * 86_400_000).toISOString();
  here.stage.show([
    conference("100", { bookedMinutes: 60, elapsedMinutes: 173 }),
    conference("200", { startedAt: days, bookedMinutes: 9_000, elapsedMinutes: 4_320 }),
  ]);
  const page = await here.openApart({ timezoneId: "Asia/Kolkata", locale: "en-GB" });
  await sees(page, "1:53 h over");
  const since = (id: string) => page.locator(`.conference[data-key="${id}"] .since time`).innerText();
  assert.match(await since("100"), /^\d\d:\d\d$/);
  assert.match(await since("200"), /^\d+ [A-Z][a-z]+,? \d\d:\d\d$/);
  await sees(page, /Times of Asia\/(?:Kolkata|Calcutta)/);
});

test("what happened stands in a feed with its time, leads to its place, and what ended stays greyed", async () => {
  const [first, second] = [conference("100"), conference("200", { elapsedMinutes: 58 })];
  here.stage.show([first, second]);
  const page = await here.open("", { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  await page.locator(".conference").nth(1).waitFor();
  await sees(page, "Nothing has changed since this page was opened.");
  const [chair, phone] = first.participants as [ReturnType<typeof participant>, ReturnType<typeof participant>];
  here.stage.show([
    {
      ...first,
      participants: [
        { ...chair, role: "participant" },
        { ...phone, state: "held", audio: "listen" },
        participant("1201"),
      ],
    },
    conference("300"),
  ]);
  await sees(page, "Conference 200 has ended.");
  assert.deepEqual(await page.locator(".feed li :is(button, span)").allInnerTexts(), [
    "Conference 200 has ended.",
    "Conference 300 has started.",
    "Phone 70005 is on hold in conference 100.",
    "Agent 1201 joined conference 100.",
    "Phone 70005 is muted in conference 100.",
  ]);
  assert.match(await page.locator(".feed time").first().innerText(), /^\d\d:\d\d:\d\d/);
  const ended = page.locator('.conference[data-key="200"]');
  assert.equal(await ended.getAttribute("data-ended"), "");
  await ended.getByText("Ended").waitFor();
  // With reduced motion a mark stands still, and is there all the same.
  const marked = page.locator(".participant[data-marked]");
  assert.deepEqual(await marked.locator(".address").allInnerTexts(), ["70005", "1201"]);
  assert.equal(
    await page.evaluate("getComputedStyle(document.querySelector('.participant[data-marked]')).outlineStyle"),
    "solid",
  );
  await page.click("text=Conference 300 has started.");
  assert.equal(await page.evaluate("document.activeElement.id"), "conference-300");
});

test("before a list has come nothing is said about changes", async () => {
  here.stage.answerStreamsWith(events());
  const page = await here.open("", { viewport: { width: 1440, height: 900 } });
  await sees(page, "Waiting for the list …");
  await sees(page, "No list has come yet.");
  assert.equal(await page.getByText("Nothing has changed").count(), 0);
});

test("on a phone what happened lies over the conferences, and is gone when it is closed or has led to one", async () => {
  here.stage.show(busyDay());
  const page = await here.open("", { viewport: { width: 360, height: 740 } });
  await page.locator(".conference").nth(59).waitFor();
  assert.equal(await page.locator("#feed").isVisible(), false);
  here.stage.show([...busyDay(), conference("999999", { elapsedMinutes: 1 })]);
  await page.locator('.conference[data-key="999999"]').waitFor();
  await page.click("#feed-open");
  assert.equal(await page.evaluate("document.activeElement.id"), "feed-heading");
  await page.click("#feed .close");
  assert.equal(await page.evaluate("document.activeElement.id"), "feed-open");
  await page.click("#feed-open");
  await page.click("text=Conference 999999 has started.");
  assert.equal(await page.locator("#feed").isVisible(), false);
  assert.equal(await page.evaluate("document.activeElement.id"), "conference-999999");
  const top = await page.evaluate("document.activeElement.getBoundingClientRect().top");
  assert.ok((top as number) > 50 && (top as number) < 740);
});

test("who asks for it is told by the title and a notification, of what was chosen, and nothing is on by itself", async () => {
  here.stage.show([conference("100", { elapsedMinutes: 60 })]);
  const page = await here.openApart({ permissions: ["notifications"] });
  await page.locator(".conference").waitFor();
  await page.evaluate(`
    globalThis.told = [];
    globalThis.Notification = class { static permission = "granted"; static requestPermission = async () => "granted"; constructor(title, { body }) { told.push(body); } };
    globalThis.sounds = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...given) { sounds += 1; return start.apply(this, given); };
    Object.defineProperty(document, "hidden", { get: () => globalThis.outOfSight === true, configurable: true });
    document.hasFocus = () => globalThis.outOfSight !== true;
  `);
  here.stage.show([conference("100", { elapsedMinutes: 61 })]);
  await sees(page, "0:01 h over");
  assert.deepEqual(await page.evaluate("[told.length, sounds]"), [0, 0]);
  await page.click("#alerts-open");
  for (const way of ["sound", "desktop", "title"]) await page.check(`#alerts [name=${way}]`);
  await page.uncheck("#alerts [name=ended]");
  await page.click("#alerts-close");
  assert.equal(await page.evaluate("document.activeElement.id"), "alerts-open", "the focus is back");
  assert.deepEqual(await page.evaluate("told"), ["Notifications look like this."]);
  await page.evaluate("globalThis.outOfSight = true; sounds = 0; told.length = 0");
  here.stage.show([conference("200", { elapsedMinutes: 10 })]);
  await page.locator('.conference[data-key="200"]').waitFor();
  assert.deepEqual(await page.evaluate("[told.length, sounds]"), [0, 0], "an end was not asked for");
  here.stage.show([conference("200", { elapsedMinutes: 66, participants: [participant("1201")] })]);
  await sees(page, "0:06 h over");
  assert.deepEqual(await page.evaluate("told"), [
    "Conference 200 is past its booked time.",
    "You are in conference 200.",
  ]);
  assert.ok(((await page.evaluate("sounds")) as number) > 0);
  assert.match(await page.title(), /^\(2\) /);
  await page.evaluate("globalThis.outOfSight = false; document.dispatchEvent(new Event('visibilitychange'))");
  assert.doesNotMatch(await page.title(), /^\(/);
  await page.reload();
  await page.click("#alerts-open");
  assert.equal(await page.isChecked("#alerts [name=sound]"), true, "it is remembered");
  assert.equal(await page.isChecked("#alerts [name=ended]"), false);
});

test("a page that the browser stops is called so meanwhile, and is right at once when it goes on", async () => {
  here.stage.show([conference("100")]);
  const page = await here.open();
  await sees(page, /^Live$/);
  const shown = await page.evaluate(`
    document.dispatchEvent(new Event("freeze"));
    [document.title, document.getElementById("connection").dataset.state, document.getElementById("icon").href.split("/").at(-1)];
  `);
  const [title, light, icon] = shown as [string, string, string];
  assert.match(title, /^Paused as of /);
  assert.deepEqual([light, icon], ["stale", "icon-stale.svg"]);
  await page.evaluate("document.dispatchEvent(new Event('resume'))");
  await sees(page, /^Live$/);
});

test("the age in sight is that of the gateway's word: late past ten seconds, out of date past fifteen, by longer intervals later", async () => {
  here.stage.show([conference("100")], 9_000);
  const page = await here.open();
  await sees(page, /^Live$/);
  await sees(page, /^updated 9 s ago$/);
  here.stage.say(alive(12_000));
  await sees(page, /^Late$/);
  await sees(page, "The gateway does not answer.");
  here.stage.say(alive(12_000, 10_000));
  await sees(page, /^Live$/);
  here.stage.say(alive(35_000, 10_000));
  await sees(page, /^Late$/);
  here.stage.say(alive(41_000, 10_000));
  await sees(page, /^Out of date$/);
});

test("a browser that lets no page make notifications, as on Android, is told of where they are asked for", async () => {
  here.stage.show([conference("100", { elapsedMinutes: 60 }), conference("200")]);
  const page = await here.openApart({ permissions: ["notifications"] });
  await page.locator(".conference").nth(1).waitFor();
  await page.evaluate(`globalThis.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor() { throw new TypeError("Illegal constructor"); }
  }`);
  await page.click("#alerts-open");
  await page.click("#alerts [name=desktop]");
  await sees(page, "The browser does not allow notifications for this page.");
  assert.equal(await page.isChecked("#alerts [name=desktop]"), false);
});

test("between a phone and a desk the table breaks no address, and gives participants the row's whole width", async () => {
  here.stage.show(busyDay());
  for (const width of [660, 820, 980, 1220, 1440]) {
    const page = await here.open("#view=table", { viewport: { width, height: 900 } });
    await page.locator(".dense .participant").first().waitFor();
    const broken = await page.evaluate(
      "[...document.querySelectorAll('.dense .address')].filter((one) => one.getClientRects().length > 1 || one.offsetHeight > 30).map((one) => one.textContent)",
    );
    assert.deepEqual(broken, [], `at ${width} px`);
    const share = await page.evaluate(
      "document.querySelector('.dense td.who').offsetWidth / document.querySelector('.dense').offsetWidth",
    );
    assert.ok((share as number) > (width < 1440 ? 0.9 : 0.35), `${share} of the table at ${width} px`);
  }
});

test("on a phone the age of an old list stands whole beside its time, and nothing joins what is not there", async () => {
  here.stage.show([conference("100")], 59 * 60_000 + 50_000);
  const page = await here.open("", { viewport: { width: 360, height: 740 } });
  await sees(page, /^Out of date$/);
  const cut = "(() => { const age = document.querySelector('.age'); return age.scrollWidth - age.clientWidth; })()";
  assert.match(await page.locator(".age").innerText(), /^as of .* · 59:5\d min ago$/);
  assert.equal(await page.evaluate(cut), 0);
  here.stage.say({ event: "replaced", data: {} });
  await sees(page, /^Stopped$/);
  assert.match(await page.locator(".age").innerText(), /^as of [\d:]+( [AP]M)?$/);
});
