import assert from "node:assert/strict";
import { test } from "node:test";
import { Audience } from "../../src/conferences/audience.ts";
import type { ConferenceList } from "../../src/conferences/kept-lists.ts";
import { problemTypes } from "../../src/http/problem-response.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStream } from "../../src/sessions/api/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const list: ConferenceList = { body: '{"conferences":[]}', etag: '"none"', asOf: 0, reused: false };

/** A stream of which only what it says is of interest. */
function listener(verified: () => Promise<unknown> = () => Promise.resolve()) {
  const said: string[] = [];
  const say = (text: string): number => said.push(/event: (\S+)/.exec(text)?.[1] ?? text);
  const stream = { verified, offerState: say, sayAfterState: say, alive: () => ({}) } as unknown as SessionStream;
  return { stream, said };
}

function audience(ask: (asker: SessionStream) => Promise<ConferenceList>, clock = new VirtualClock()) {
  const logged: unknown[] = [];
  const sessions = { clock, unexpected: (error: unknown) => void logged.push(error) };
  return { logged, audience: new Audience({ sessions, intervalMs: 2_000, types: problemTypes(null), ask }) };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

test("a mistake of ours is told to the listeners, and once to the log", async () => {
  const mistake = new TypeError("not a function");
  let fails = true;
  const { audience: listeners, logged } = audience(async () => {
    if (fails) throw mistake;
    return list;
  });
  const { stream, said } = listener();
  listeners.enter(stream, "a-request");
  for (let round = 0; round < 3; round++) await listeners.refresh();
  assert.deepEqual([said, logged], [["problem"], [mistake]]);
  fails = false;
  await listeners.refresh();
  await turns();
  assert.deepEqual(said, ["problem", "conferences"]);
  fails = true;
  await listeners.refresh();
  assert.deepEqual(logged, [mistake, mistake]);
});

test("where the session of one listener has ended the next is asked with, also one that came meanwhile", async () => {
  const over = listener();
  const latecomer = listener();
  const asked: SessionStream[] = [];
  let arrives = (): void => listeners.enter(latecomer.stream, "another-request");
  const { audience: listeners, logged } = audience(async (asker) => {
    asked.push(asker);
    arrives();
    arrives = () => undefined;
    if (asker === over.stream) throw new Problem("session-not-found");
    return list;
  });
  listeners.enter(over.stream, "a-request");
  await listeners.refresh();
  await turns();
  assert.deepEqual(asked, [over.stream, latecomer.stream]);
  assert.deepEqual([latecomer.said, logged], [["conferences"], []]);
});

test("is alive as of no time before the first list, and as of the last answer while the gateway fails", async () => {
  let fails = true;
  const clock = new VirtualClock();
  const { audience: listeners } = audience(async () => {
    if (fails) throw new Problem("gateway-error");
    return { ...list, asOf: clock.monotonic() };
  }, clock);
  const { stream } = listener();
  const asOf = () => (stream as unknown as { alive: () => { asOf: string | null; intervalMs: number } }).alive();
  listeners.enter(stream, "a-request");
  await listeners.refresh();
  assert.deepEqual(asOf(), { asOf: null, intervalMs: 2_000 });
  fails = false;
  await listeners.refresh();
  const confirmed = asOf().asOf;
  assert.ok(confirmed);
  fails = true;
  await clock.advance(20);
  await listeners.refresh();
  assert.equal(asOf().asOf, confirmed, "of the same answer");
});
