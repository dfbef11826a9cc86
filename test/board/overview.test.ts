import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDED_SHOWN_MS, MARK_MS, Overview } from "../../src/board/page/overview.js";
import { conference, participant } from "./stage.ts";

const at = Date.parse("2026-09-21T14:13:20.000Z");
const phone = participant("70005");
const held = { ...phone, state: "held" } as const;
const one = conference("7", { participants: [phone] });
const with_ = (who: typeof phone) => ({ ...one, participants: [who] });

test("the first list is no change, and every later change stands in the feed with its time, the newest first", () => {
  const overview = new Overview();
  assert.deepEqual(overview.show([one], 0, at), []);
  overview.show([one, conference("8")], 1_000, at + 1_000);
  overview.show([one], 2_000, at + 2_000);
  assert.deepEqual(
    overview.feed.map(({ text, at: when }) => `${text} ${when - at}`),
    ["Conference 8 has ended. 2000", "Conference 8 has started. 1000"],
  );
});

test("what has changed is marked for a while, the conference and the participant", () => {
  const overview = new Overview();
  overview.show([one], 0, at);
  assert.equal(overview.isMarked("7", 0), false);
  overview.show([with_(held)], 1_000, at);
  assert.equal(overview.isMarked("7", 1_000), true);
  assert.equal(overview.isParticipantMarked("7", held, 1_000), true);
  assert.equal(overview.isMarked("7", 1_000 + MARK_MS), false);
  assert.equal(overview.forget(1_000 + MARK_MS), true, "and the page has to be drawn anew");
  assert.equal(overview.forget(1_000 + MARK_MS), false);
});

test("one that has ended stays for half a minute, unless it comes back", () => {
  const overview = new Overview();
  overview.show([one, conference("8")], 0, at);
  overview.show([one], 1_000, at);
  const ids = (now: number) =>
    overview.entries(now).map(({ conference: { id }, endedAt }) => `${id} ${endedAt !== null}`);
  assert.deepEqual(ids(1_000), ["7 false", "8 true"]);
  overview.forget(1_000 + ENDED_SHOWN_MS);
  assert.deepEqual(ids(1_000 + ENDED_SHOWN_MS), ["7 false"]);
  overview.show([], 40_000, at);
  overview.show([one], 41_000, at);
  assert.deepEqual(ids(41_000), ["7 false"]);
});

test("since when somebody is held is known for one who was seen to be put on hold, and otherwise at least how long", () => {
  const overview = new Overview();
  overview.show([with_(held), conference("8", { participants: [phone] })], 0, at);
  overview.show([with_(held), conference("8", { participants: [held] })], 60_000, at);
  const { since, atLeast } = overview.held("7", held) ?? {};
  assert.deepEqual([since, atLeast], [0, true]);
  const seen = overview.held("8", held);
  assert.deepEqual([seen?.since, seen?.atLeast], [60_000, false]);
  overview.show([one], 70_000, at);
  assert.equal(overview.held("7", phone), null);
});

test("a long hold is told once, and again after a new one", () => {
  const overview = new Overview();
  overview.show([with_(held)], 0, at);
  assert.deepEqual(overview.longHolds(299_000, 300_000), []);
  assert.deepEqual(overview.longHolds(300_000, 300_000), [
    "Phone 70005 has been on hold for 5 minutes in conference 7.",
  ]);
  assert.deepEqual(overview.longHolds(301_000, 300_000), []);
  overview.show([one], 302_000, at);
  overview.show([with_(held)], 303_000, at);
  assert.equal(overview.longHolds(604_000, 300_000).length, 1);
});

test("the feed keeps the last hundred", () => {
  const overview = new Overview();
  overview.show([], 0, at);
  overview.show(
    Array.from({ length: 150 }, (_, number) => conference(String(number))),
    1,
    at,
  );
  assert.equal(overview.feed.length, 100);
});
