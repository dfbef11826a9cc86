import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conference, Participant } from "../../client/index.js";
import { changesBetween } from "../../src/board/page/changes.js";
import { conference, participant } from "./stage.ts";

const chair = participant("1251", { role: "chair" });
const phone = participant("70005");
const one = conference("7", { participants: [chair, phone] });
const start = (id: number): Conference => ({ ...one, id: String(id) });
const said = (before: readonly Conference[], after: readonly Conference[]) =>
  changesBetween(before, after).map(({ text }) => text);

test("nothing is said about a list that is the same, and about minutes that pass", () => {
  assert.deepEqual(said([one], [one]), []);
  assert.deepEqual(said([one], [{ ...one, elapsedMinutes: 11 }]), []);
});

test("a start and an end are said, the end first", () => {
  assert.deepEqual(said([one], [start(8)]), ["Conference 7 has ended.", "Conference 8 has started."]);
});

test("who comes, goes, is held, comes back, is muted or becomes the chair is said", () => {
  const change = (...participants: Participant[]) => said([one], [{ ...one, participants }]);
  assert.deepEqual(change(chair), ["Phone 70005 left conference 7."]);
  assert.deepEqual(change(chair, phone, participant("x", { kind: "unknown" })), ["Participant x joined conference 7."]);
  const held = { ...phone, state: "held" } as const;
  assert.deepEqual(change(chair, held), ["Phone 70005 is on hold in conference 7."]);
  assert.deepEqual(said([{ ...one, participants: [chair, held] }], [one]), ["Phone 70005 is back in conference 7."]);
  const muted = { ...phone, audio: "listen" } as const;
  assert.deepEqual(change(chair, muted), ["Phone 70005 is muted in conference 7."]);
  assert.deepEqual(said([{ ...one, participants: [chair, muted] }], [one]), [
    "Phone 70005 can speak again in conference 7.",
  ]);
  assert.deepEqual(change({ ...chair, role: "participant" }, { ...phone, role: "chair" }), [
    "Phone 70005 is the chair of conference 7.",
  ]);
});

test("one who leaves and comes back between two lists has left and joined", () => {
  const again = { ...phone, joinedAt: "2026-09-21T14:20:00.000Z" };
  assert.deepEqual(said([one], [{ ...one, participants: [chair, again] }]), [
    "Phone 70005 left conference 7.",
    "Phone 70005 joined conference 7.",
  ]);
});

test("the end of the booked time is said once, five minutes before and when it has passed", () => {
  const at = (elapsedMinutes: number): Conference => ({ ...one, elapsedMinutes });
  assert.deepEqual(said([at(54)], [at(55)]), ["Conference 7 ends in 5 minutes."]);
  assert.deepEqual(said([at(55)], [at(56)]), []);
  assert.deepEqual(said([at(60)], [at(61)]), ["Conference 7 is past its booked time."]);
});

test("a longer booking and an announcement are said", () => {
  assert.deepEqual(said([one], [{ ...one, bookedMinutes: 90 }]), ["Conference 7 is booked for 90 minutes now."]);
  assert.deepEqual(said([one], [{ ...one, state: "announcement" }]), ["Announcement in conference 7."]);
});
