import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createBulkhead } from "../../src/gateway/bulkhead.ts";
import { Fault } from "../../src/gateway/fault.ts";
import { systemClock } from "../../src/system-clock.ts";

const tooMany = (error: unknown): boolean => error instanceof Fault && error.code === "gateway-unavailable";

describe("the bulkhead", () => {
  test("lets so many calls go at once and the rest in the order of their arrival", async () => {
    const bulkhead = createBulkhead(2, 2, systemClock);
    assert.equal(bulkhead.enter(1_000, undefined), undefined);
    assert.equal(bulkhead.enter(1_000, undefined), undefined);
    const gone: string[] = [];
    const third = bulkhead.enter(1_000, undefined)?.then(() => gone.push("third"));
    const fourth = bulkhead.enter(1_000, undefined)?.then(() => gone.push("fourth"));
    assert.deepEqual([bulkhead.active, bulkhead.waiting], [2, 2]);
    bulkhead.release();
    await third;
    assert.deepEqual(gone, ["third"]);
    bulkhead.release();
    await fourth;
    assert.deepEqual(gone, ["third", "fourth"]);
    assert.deepEqual([bulkhead.active, bulkhead.waiting], [2, 0]);
  });

  test("refuses at once when the queue is full", async () => {
    const bulkhead = createBulkhead(1, 1, systemClock);
    void bulkhead.enter(1_000, undefined);
    const waiting = bulkhead.enter(1_000, undefined);
    await assert.rejects(async () => bulkhead.enter(1_000, undefined), tooMany);
    bulkhead.release();
    await waiting;
  });

  test("refuses a call whose time in the queue is over, and gives its place to nobody twice", async () => {
    const bulkhead = createBulkhead(1, 5, systemClock);
    void bulkhead.enter(1_000, undefined);
    await assert.rejects(async () => bulkhead.enter(5, undefined), tooMany);
    bulkhead.release();
    assert.deepEqual([bulkhead.active, bulkhead.waiting], [0, 0]);
  });

  test("frees the place of a client that leaves the queue at once", async () => {
    const bulkhead = createBulkhead(1, 1, systemClock);
    void bulkhead.enter(1_000, undefined);
    const client = new AbortController();
    const leaving = bulkhead.enter(1_000, client.signal);
    const reason = new Error("gone");
    client.abort(reason);
    await assert.rejects(async () => leaving, reason);
    const next = bulkhead.enter(1_000, undefined);
    bulkhead.release();
    await next;
    assert.deepEqual([bulkhead.active, bulkhead.waiting], [1, 0]);
  });

  test("does not let a client in that has left already", async () => {
    const bulkhead = createBulkhead(1, 1, systemClock);
    await assert.rejects(async () => bulkhead.enter(1_000, AbortSignal.abort()), { name: "AbortError" });
    assert.equal(bulkhead.active, 0);
  });
});
