import assert from "node:assert/strict";
import { test } from "node:test";
import { conference, participant } from "./stage.ts";
import { staged } from "./staged.ts";

const here = staged();

/** The longest that there are: an id of 19 digits, and a phone number of 24. */
const longest = conference("9223372036854775807", {
  elapsedMinutes: 57,
  state: "announcement",
  participants: [participant("004915112345678901234567", { audio: "none", state: "held", role: "chair" })],
});

/** Pairs of texts of the table that lie on each other, and how far the page is wider than its window. */
const MEASURE = `(() => {
  const texts = [...document.querySelectorAll(".dense h2, .dense .badge, .dense .time > *, .dense .since time, .dense .address, .dense .number > *")]
    .map((one) => ({ text: one.textContent.trim(), box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0);
  const overlaps = texts.flatMap((one, place) => texts.slice(place + 1)
    .filter(({ box }) => Math.min(one.box.right, box.right) - Math.max(one.box.left, box.left) > 1
      && Math.min(one.box.bottom, box.bottom) - Math.max(one.box.top, box.top) > 1)
    .map(({ text }) => one.text + " | " + text));
  return { over: Math.max(0, document.documentElement.scrollWidth - innerWidth), overlaps };
})()`;

test("the longest ids and numbers stay within the table and off each other, at every width", async () => {
  here.stage.show([longest]);
  const page = await here.open();
  await page.click("[data-view=table]");
  for (const width of [320, 360, 480, 640, 768, 820, 1024, 1280, 1440]) {
    await page.setViewportSize({ width, height: 720 });
    assert.deepEqual(await page.evaluate(MEASURE), { over: 0, overlaps: [] }, `${width} px`);
  }
});

test("how many people are in a conference is said in words that fit, once", async () => {
  here.stage.show([longest, conference("8")]);
  const page = await here.open("", { viewport: { width: 360, height: 720 } });
  await page.click("[data-view=table]");
  const heard = await page.locator(".dense").ariaSnapshot();
  assert.match(heard, /columnheader "People"/);
  assert.match(heard, /cell "1 person"/);
  assert.match(heard, /cell "2 people"/);
  await page.setViewportSize({ width: 1280, height: 720 });
  assert.match(await page.locator(".dense").ariaSnapshot(), /cell "2"/, "below its heading the number is enough");
});
