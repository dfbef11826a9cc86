import assert from "node:assert/strict";
import { test } from "node:test";
import { choiceOf, fragmentOf } from "../../src/board/page/choice.js";
import { GreatestAge } from "../../src/board/page/greatest-age.js";
import { FILTERS, matches, order, timeState } from "../../src/board/page/urgency.js";
import { age, duration, hoursAndMinutes, timeLeft } from "../../src/board/page/words.js";
import { conference, participant } from "./stage.ts";

test("a choice goes into the address and comes out of it again; the usual one leaves it empty", () => {
  const choice = { sort: "size", filters: ["over", "held"], text: "1251 #1", view: "table" } as const;
  assert.equal(fragmentOf(choice), "#sort=size&show=over,held&find=1251%20%231&view=table");
  assert.deepEqual(choiceOf(fragmentOf(choice), null), choice);
  assert.equal(fragmentOf(choiceOf("", null)), "");
});

test("what an address says that the board does not know is passed over, and a view that it names wins", () => {
  assert.deepEqual(choiceOf("#sort=toString&show=over,constructor,x&view=list", null), {
    sort: "left",
    filters: ["over"],
    text: "",
    view: "cards",
  });
  assert.equal(choiceOf("", "table").view, "table");
  assert.equal(choiceOf("#view=cards", "table").view, "cards");
});

test("the most urgent comes first, in each order, and ids are compared as the numbers that they are", () => {
  const list = [
    conference("9007199254740993", { elapsedMinutes: 10 }),
    conference("9007199254740992", { elapsedMinutes: 10 }),
    conference("5", { elapsedMinutes: 75, startedAt: "2026-09-21T14:00:00.000Z", participants: [] }),
    conference("40", { elapsedMinutes: 58, startedAt: "2026-09-21T13:00:00.000Z" }),
  ];
  const ids = (sort: string) => list.toSorted(order(sort)).map(({ id }) => id);
  assert.deepEqual(ids("left"), ["5", "40", "9007199254740992", "9007199254740993"]);
  assert.deepEqual(ids("start").slice(0, 2), ["40", "5"]);
  assert.equal(ids("size").at(-1), "5");
  assert.deepEqual(ids("id"), ["5", "40", "9007199254740992", "9007199254740993"]);
});

test("each counter counts what it says", () => {
  const counts = (of: Parameters<typeof timeState>[0] & ReturnType<typeof conference>) =>
    Object.entries(FILTERS).flatMap(([name, { test: is }]) => (is(of, "1251") ? [name] : []));
  assert.deepEqual(counts(conference("1", { elapsedMinutes: 61 })), ["over", "mine"]);
  assert.deepEqual(counts(conference("1", { elapsedMinutes: 55 })), ["ending", "mine"]);
  assert.deepEqual(counts(conference("1", { participants: [] })), ["empty"]);
  assert.deepEqual(counts(conference("1", { participants: [participant("5", { state: "held" })] })), ["held"]);
  assert.deepEqual(counts(conference("1", { state: "announcement" })), ["announcement", "mine"]);
});

test("a search finds by agent, phone or id, and several words narrow it", () => {
  const one = conference("355840", { participants: [participant("1251", { role: "chair" }), participant("70005")] });
  for (const text of ["", "1251", "agent 1251", "700", "3558", "phone 70005 355840", "chair"]) {
    assert.equal(matches(one, text), true, text);
  }
  for (const text of ["1252", "1251 70006", "unknown"]) assert.equal(matches(one, text), false, text);
});

test("times are said as people read them", () => {
  assert.deepEqual(
    [timeLeft(26), timeLeft(0), timeLeft(-9), timeLeft(-113), timeLeft(125)],
    ["26 min left", "ends now", "0:09 h over", "1:53 h over", "2:05 h left"],
  );
  assert.deepEqual([hoursAndMinutes(75), duration(59), duration(60)], ["1:15", "59 min", "1:00 h"]);
  assert.deepEqual(
    [age(-5), age(999), age(59_999), age(65_000), age(3_660_000)],
    ["0 s", "0 s", "59 s", "1:05 min", "1:01 h"],
  );
  assert.deepEqual(
    [54, 55, 60, 61].map((elapsedMinutes) => timeState({ bookedMinutes: 60, elapsedMinutes })),
    ["fine", "ending", "ending", "over"],
  );
});

test("the greatest age is told ten minutes before, and never an end that use moves on", () => {
  const begin = Date.parse("2026-09-21T14:00:00.000Z");
  const at = (minutes: number) => new Date(begin + minutes * 60_000).toISOString();
  const look = (age: GreatestAge, minute: number, expires: number) => age.look(at(expires), begin + minute * 60_000);
  const old = new GreatestAge();
  assert.deepEqual(
    [0, 2, 4, 11, 15].map((minute) => look(old, minute, 20)),
    [null, null, null, 9, 5],
  );
  const idle = new GreatestAge();
  assert.deepEqual(
    [0, 1, 2, 3].map((minute) => look(idle, minute, minute + 5)),
    [null, null, null, null],
  );
});
