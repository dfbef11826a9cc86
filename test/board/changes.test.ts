import assert from "node:assert/strict";
import { test } from "node:test";

interface Participant {
  readonly kind: string;
  readonly address: string;
  readonly role: string;
  readonly state: string;
}

interface Conference {
  readonly id: string;
  readonly bookedMinutes: number;
  readonly elapsedMinutes: number;
  readonly participants: readonly Participant[];
}

/** The board's scripts are plain JavaScript, for browsers to read as they are. */
const { changesBetween, timeState } = (await import(
  new URL("../../src/board/page/changes.js", import.meta.url).href
)) as {
  changesBetween(before: readonly Conference[], after: readonly Conference[]): string[];
  timeState(conference: Pick<Conference, "bookedMinutes" | "elapsedMinutes">): string;
};

const chair: Participant = { kind: "agent", address: "1251", role: "chair", state: "connected" };
const phone: Participant = { kind: "phone", address: "70005", role: "participant", state: "connected" };
const one: Conference = { id: "7", bookedMinutes: 60, elapsedMinutes: 10, participants: [chair, phone] };
const start = (id: number): Conference => ({ ...one, id: String(id) });

test("nothing is said about a list that is the same, and about minutes that pass", () => {
  assert.deepEqual(changesBetween([one], [one]), []);
  assert.deepEqual(changesBetween([one], [{ ...one, elapsedMinutes: 11 }]), []);
});

test("a start and an end are said, the end first", () => {
  assert.deepEqual(changesBetween([one], [start(8)]), ["Conference 7 has ended.", "Conference 8 has started."]);
});

test("who comes, goes, is held or becomes the chair is said", () => {
  const change = (...participants: Participant[]) => changesBetween([one], [{ ...one, participants }]);
  assert.deepEqual(change(chair), ["Phone 70005 left conference 7."]);
  assert.deepEqual(change(chair, phone, { ...phone, kind: "unknown", address: "x" }), [
    "Participant x joined conference 7.",
  ]);
  assert.deepEqual(change(chair, { ...phone, state: "held" }), ["Phone 70005 is on hold in conference 7."]);
  assert.deepEqual(change({ ...chair, role: "participant" }, { ...phone, role: "chair" }), [
    "Phone 70005 is the chair of conference 7 now.",
  ]);
});

test("the end of the booked time is said once, five minutes before and when it has passed", () => {
  const at = (elapsedMinutes: number): Conference => ({ ...one, elapsedMinutes });
  assert.deepEqual(changesBetween([at(54)], [at(55)]), ["Conference 7 ends in 5 minutes."]);
  assert.deepEqual(changesBetween([at(55)], [at(56)]), []);
  assert.deepEqual(changesBetween([at(60)], [at(61)]), ["Conference 7 is past its booked time."]);
  assert.deepEqual([54, 55, 60, 61].map(at).map(timeState), ["fine", "ending", "ending", "over"]);
});

test("of many changes at once the first four are said, and how many more there are", () => {
  const said = changesBetween([], [1, 2, 3, 4, 5, 6].map(start));
  assert.equal(said.length, 5);
  assert.equal(said.at(-1), "And 2 more changes.");
});
