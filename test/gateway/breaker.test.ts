import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AdmittedCall, breakerDefaults, createBreaker } from "../../src/gateway/breaker.ts";
import { Fault } from "../../src/gateway/fault.ts";

function startBreaker() {
  const clock = { ms: 5_000 };
  const changes: string[] = [];
  const breaker = createBreaker({
    ...breakerDefaults,
    now: () => clock.ms,
    onChange: (state) => void changes.push(state),
  });
  const calls = (count: number, outcome: Parameters<AdmittedCall["end"]>[0]): void => {
    for (let call = 0; call < count; call += 1) breaker.admit().end(outcome);
  };
  return { clock, changes, breaker, calls };
}

const refusedAs = (retryAfter: number) => (error: unknown) => {
  assert.ok(error instanceof Fault);
  assert.equal(error.code, "gateway-unavailable");
  assert.equal(error.retryAfter, retryAfter);
  return true;
};

describe("the breaker", () => {
  test("stays closed while fewer than half of the calls fail", () => {
    const { breaker, calls } = startBreaker();
    calls(11, "success");
    calls(10, "failure");
    assert.equal(breaker.open, false);
  });

  test("opens when half of 20 calls failed, whichever came last", () => {
    for (const order of [
      ["failure", "success"],
      ["success", "failure"],
    ] as const) {
      const { breaker, calls, changes } = startBreaker();
      calls(10, order[0]);
      calls(9, order[1]);
      assert.equal(breaker.open, false);
      calls(1, order[1]);
      assert.equal(breaker.open, true);
      assert.deepEqual(changes, ["open"]);
    }
  });

  test("is not moved by fewer than 20 calls, however many of them failed", () => {
    const { breaker, calls } = startBreaker();
    calls(19, "failure");
    assert.equal(breaker.open, false);
  });

  test("forgets calls of more than 10 s ago, also when none came meanwhile", () => {
    const { breaker, calls, clock } = startBreaker();
    calls(19, "failure");
    clock.ms += 10_001;
    calls(1, "failure");
    assert.equal(breaker.open, false);
    clock.ms += 9_000;
    calls(19, "failure");
    assert.equal(breaker.open, true);
  });

  test("counts neither for nor against the gateway when a client left", () => {
    const { breaker, calls } = startBreaker();
    calls(19, "failure");
    calls(100, "neither");
    assert.equal(breaker.open, false);
  });

  test("refuses at once while open and says when to come back", () => {
    const { breaker, calls, clock } = startBreaker();
    calls(20, "failure");
    assert.throws(() => breaker.admit(), refusedAs(2));
    clock.ms += 1_500;
    assert.throws(() => breaker.check(), refusedAs(1));
  });

  test("lets one trial call through every 2 s, also when the one before still hangs", () => {
    const { breaker, calls, clock } = startBreaker();
    calls(20, "failure");
    clock.ms += 2_000;
    breaker.admit();
    assert.throws(() => breaker.admit(), refusedAs(2));
    clock.ms += 2_000;
    breaker.admit().end("failure");
    assert.equal(breaker.open, true);
    assert.throws(() => breaker.admit(), refusedAs(2));
  });

  test("closes with the first trial that succeeds, with nothing counted from before", () => {
    const { breaker, calls, clock, changes } = startBreaker();
    calls(20, "failure");
    clock.ms += 2_000;
    breaker.admit().end("success");
    assert.equal(breaker.open, false);
    assert.deepEqual(changes, ["open", "closed"]);
    calls(19, "failure");
    assert.equal(breaker.open, false);
  });

  test("gives the trial of a client that left to the next call", () => {
    const { breaker, calls, clock } = startBreaker();
    calls(20, "failure");
    clock.ms += 2_000;
    breaker.admit().end("neither");
    assert.equal(breaker.open, true);
    breaker.admit().end("success");
    assert.equal(breaker.open, false);
  });

  test("does not let calls from before it opened decide about it later", () => {
    const { breaker, calls, clock } = startBreaker();
    const early = Array.from({ length: 40 }, () => breaker.admit());
    calls(20, "failure");
    clock.ms += 2_000;
    breaker.admit().end("success");
    for (const admitted of early) admitted.end("failure");
    assert.equal(breaker.open, false);
  });
});
