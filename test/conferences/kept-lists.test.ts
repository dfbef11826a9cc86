import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KeptLists } from "../../src/conferences/kept-lists.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const MEBIBYTE = 1024 * 1024;
const list = (body: string, asOf = 0) => ({ body, etag: '"e"', asOf, reused: false });

describe("lists that are kept to be given again", () => {
  test("take 64 MiB at most, however many agents there are; the one used longest ago goes first", () => {
    const kept = new KeptLists(60_000, new VirtualClock());
    const large = "x".repeat(MEBIBYTE);
    for (let agent = 1; agent <= 100; agent++) {
      kept.keep(`agent ${agent}`, list(large));
      assert.notEqual(kept.get("agent 1"), null, "used all the time");
    }
    assert.ok(kept.bytes <= 64 * MEBIBYTE && kept.bytes > 60 * MEBIBYTE, `${kept.bytes} bytes`);
    assert.equal(kept.get("agent 2"), null);
    assert.notEqual(kept.get("agent 100"), null);
  });

  test("are not kept when one alone is larger than all may be", () => {
    const kept = new KeptLists(60_000, new VirtualClock());
    kept.keep("agent 1", list("x".repeat(65 * MEBIBYTE)));
    assert.equal(kept.get("agent 1"), null);
    assert.equal(kept.bytes, 0);
  });

  test("are gone when their age is over, also if nobody comes back for them", async () => {
    const clock = new VirtualClock();
    const kept = new KeptLists(40, clock);
    for (let agent = 1; agent <= 1_000; agent++) kept.keep(`agent ${agent}`, list("{}"));
    await clock.advance(30);
    kept.keep("agent 1", list("{}", clock.monotonic()));
    await clock.advance(20);
    assert.equal(kept.get("agent 2"), null);
    assert.notEqual(kept.get("agent 1"), null);
    await clock.advance(80);
    assert.equal(kept.bytes, 0);
  });

  test("are as old as the question, not as the answer", async () => {
    const clock = new VirtualClock();
    await clock.advance(2_000);
    const kept = new KeptLists(1_000, clock);
    kept.keep("agent 1", list("{}", clock.monotonic() - 1_001));
    kept.keep("agent 2", list("{}", clock.monotonic() - 500));
    assert.equal(kept.get("agent 1"), null);
    assert.notEqual(kept.get("agent 2"), null);
  });

  test("are none without an age", () => {
    const kept = new KeptLists(0, new VirtualClock());
    kept.keep("agent 1", list("{}"));
    assert.equal(kept.get("agent 1"), null);
  });
});
