import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, Freshness } from "../../client/freshness.js";

/** The service's clock at the monotonic reading 0: any other time than ours. */
const SERVICE = Date.parse("2020-01-01T12:00:00.000Z");
const WALL = Date.parse("2026-09-21T08:00:00.000Z");
const at = (ms: number) => new Date(SERVICE + ms).toISOString();
const said = (sentMs: number, confirmedMs: number | null, intervalMs = 2_000) => ({
  at: at(sentMs),
  asOf: confirmedMs === null ? null : at(confirmedMs),
  intervalMs,
});

/** One whose signs of life take no time, but for what a test says. */
function fresh() {
  const freshness = new Freshness();
  return {
    connected: () => freshness.connected(),
    hear: (
      sentMs: number,
      confirmedMs: number | null,
      heardMs = sentMs,
      { intervalMs = 2_000, sleptMs = 0 }: { intervalMs?: number; sleptMs?: number } = {},
    ) => freshness.hear(said(sentMs, confirmedMs, intervalMs), heardMs, WALL + heardMs + sleptMs),
    at: (ms: number, wallMs = ms) => freshness.at(ms, WALL + wallMs),
    nextChange: (ms: number) => freshness.nextChange(ms, WALL + ms),
  };
}

test("before the first confirmed list nothing is claimed", () => {
  const freshness = fresh();
  assert.deepEqual(freshness.at(0), { state: "waiting", ageMs: null, asOf: null });
  freshness.hear(0, null);
  assert.equal(freshness.at(0).state, "waiting");
});

test("the age is at minus asOf, and the time since then on this machine's monotonic clock", () => {
  const freshness = fresh();
  freshness.hear(5_000, 4_000);
  assert.deepEqual(freshness.at(5_000), { state: "live", ageMs: 1_000, asOf: at(4_000) });
  assert.equal(freshness.at(7_500).ageMs, 3_500);
});

test("live ends past 10 s, and past 15 s the list is stale", () => {
  const freshness = fresh();
  freshness.hear(0, 0);
  assert.deepEqual(
    [9_999, 10_000, 10_001, 15_000, 15_001].map((ms) => freshness.at(ms).state),
    ["live", "live", "late", "late", "stale"],
  );
});

test("where the gateway is asked seldom the bounds are three and four intervals", () => {
  assert.deepEqual(bounds(2_000), { late: 10_000, stale: 15_000 });
  assert.deepEqual(bounds(30_000), { late: 90_000, stale: 120_000 });
  const freshness = fresh();
  freshness.hear(0, 0, 0, { intervalMs: 30_000 });
  assert.deepEqual(
    [90_000, 90_001, 120_001].map((ms) => freshness.at(ms).state),
    ["live", "late", "stale"],
  );
});

test("a service that goes on talking while its gateway hangs makes nothing younger", () => {
  const freshness = fresh();
  for (let ms = 0; ms <= 20_000; ms += 5_000) freshness.hear(ms, 0);
  assert.deepEqual(freshness.at(20_500), { state: "stale", ageMs: 20_500, asOf: at(0) });
});

test("what lay on a stalled line, or before a tab that stood still, is as old as it is", () => {
  const freshness = fresh();
  freshness.hear(0, 0);
  freshness.hear(5_000, 5_000);
  // Said at 10 s and 15 s, read at 40 s.
  assert.equal(freshness.hear(10_000, 10_000, 40_000), 30_000);
  assert.equal(freshness.at(40_000).state, "stale");
  freshness.hear(40_000, 40_000);
  assert.equal(freshness.at(40_000).state, "live");
});

test("a new connection begins anew, so that a clock set at the other end is not taken for lateness for long", () => {
  const freshness = fresh();
  freshness.hear(100_000, 100_000, 0);
  // The service's clock was set back by a minute.
  assert.equal(freshness.hear(45_000, 45_000, 5_000), 60_000);
  assert.equal(freshness.at(5_000).state, "stale");
  freshness.connected();
  assert.equal(freshness.hear(46_000, 46_000, 6_000), 0);
  assert.equal(freshness.at(6_000).state, "live");
});

test("two clocks that drift apart are not taken for lateness", () => {
  const freshness = fresh();
  let lag = 0;
  for (let ms = 0; ms < 24 * 3_600_000; ms += 5_000) lag = Math.max(lag, freshness.hear(ms * 0.9999, ms * 0.9999, ms));
  assert.ok(lag < 100, `${lag} ms`);
});

test("a machine that slept, whose monotonic clock stood still, shows no old list as live", () => {
  const freshness = fresh();
  freshness.hear(0, 0);
  assert.equal(freshness.at(1_000, 3_601_000).state, "stale");
});

test("what came just before the machine slept, and is read after it, is as old as the sleep", () => {
  const freshness = fresh();
  const sleptMs = 3_600_000;
  freshness.hear(0, 0);
  assert.equal(freshness.hear(2_000, 2_000, 2_100, { sleptMs }), sleptMs + 100);
  assert.equal(freshness.at(2_100, 2_100 + sleptMs).state, "stale");
  // There was more of it, and nothing says that the line is a good one.
  freshness.hear(2_050, 2_050, 2_150, { sleptMs });
  assert.equal(freshness.at(2_150, 2_150 + sleptMs).state, "stale");
  freshness.connected();
  assert.equal(freshness.hear(sleptMs + 3_000, sleptMs + 3_000, 3_000, { sleptMs }), 0);
  assert.equal(freshness.at(3_000, 3_000 + sleptMs).state, "live");
});

test("a sleep counts once, however many signs of life come before the next list", () => {
  const freshness = fresh();
  freshness.hear(0, 0);
  freshness.connected();
  for (const ms of [1_000, 1_100, 1_200]) {
    assert.equal(freshness.hear(60_000 + ms, null, ms, { sleptMs: 60_000 }), 0);
    assert.equal(freshness.at(ms, 60_000 + ms).ageMs, 60_000 + ms);
  }
});

test("a wall clock that is set back makes nothing younger", () => {
  const freshness = fresh();
  freshness.hear(0, 0);
  assert.equal(freshness.at(12_000, -3_600_000).state, "late");
});

test("it knows when it has to look again", () => {
  const freshness = fresh();
  assert.equal(freshness.nextChange(0), null);
  freshness.hear(0, 0);
  assert.equal(freshness.nextChange(2_000), 8_000);
  assert.equal(freshness.nextChange(12_000), 3_000);
  assert.equal(freshness.nextChange(16_000), null);
});
