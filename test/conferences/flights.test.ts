import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Flights, SharedFailure } from "../../src/conferences/flights.ts";

/** A question whose answer the test decides about. */
function question() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const ask = (signal: AbortSignal): Promise<string> => {
    signals.push(signal);
    return promise;
  };
  return { ask, answer: resolve, fail: reject, signals };
}

describe("a question under way", () => {
  test("is asked once for all who join, and tells who asked", async () => {
    const flights = new Flights<string>();
    const { ask, answer, signals } = question();
    const joined = [1, 2, 3].map(() => flights.join("key", undefined, ask));
    answer("yes");
    assert.deepEqual(await Promise.all(joined), [
      { answer: "yes", asked: true },
      { answer: "yes", asked: false },
      { answer: "yes", asked: false },
    ]);
    assert.equal(signals.length, 1);
  });

  test("is another one under another key", async () => {
    const flights = new Flights<string>();
    const [one, two] = [question(), question()];
    const joined = [flights.join("one", undefined, one.ask), flights.join("two", undefined, two.ask)];
    one.answer("1");
    two.answer("2");
    assert.deepEqual(
      (await Promise.all(joined)).map(({ answer }) => answer),
      ["1", "2"],
    );
  });

  test("is over with the turn of the event loop that brought its answer: the next one is asked anew", async () => {
    const flights = new Flights<string>();
    const first = question();
    first.answer("old");
    await flights.join("key", undefined, first.ask);
    const second = question();
    second.answer("new");
    assert.deepEqual(await flights.join("key", undefined, second.ask), { answer: "old", asked: false });
    await turn();
    assert.deepEqual(await flights.join("key", undefined, second.ask), { answer: "new", asked: true });
  });

  test("fails for who asked with its cause, for those who waited as a shared failure, and for nobody later", async () => {
    const flights = new Flights<string>();
    const failing = question();
    const cause = new Error("no");
    const joined = Promise.allSettled([1, 2].map(() => flights.join("key", undefined, failing.ask)));
    failing.fail(cause);
    const [asker, waiter] = await joined;
    assert.ok(asker?.status === "rejected" && asker.reason === cause);
    assert.ok(waiter?.status === "rejected" && waiter.reason instanceof SharedFailure);
    assert.equal(waiter.reason.cause, cause);
    const again = question();
    again.answer("yes");
    assert.equal((await flights.join("key", undefined, again.ask)).answer, "yes");
  });

  test("goes on when who asked leaves and another waits", async () => {
    const flights = new Flights<string>();
    const { ask, answer, signals } = question();
    const leaving = new AbortController();
    const asker = flights.join("key", leaving.signal, ask);
    const waiter = flights.join("key", undefined, ask);
    leaving.abort(new Error("left"));
    await assert.rejects(asker, /left/);
    assert.equal(signals[0]?.aborted, false);
    answer("yes");
    assert.deepEqual(await waiter, { answer: "yes", asked: false });
  });

  test("is cancelled when the last one leaves, and does not catch a newcomer of that very moment", async () => {
    const flights = new Flights<string>();
    const { ask, fail, signals } = question();
    const leaving = [new AbortController(), new AbortController()];
    const joined = Promise.allSettled(leaving.map(({ signal }) => flights.join("key", signal, ask)));
    leaving[0]?.abort(new Error("left"));
    await new Promise(setImmediate);
    assert.equal(signals[0]?.aborted, false);
    leaving[1]?.abort(new Error("left"));
    await joined;
    assert.equal(signals[0]?.aborted, true);
    const fresh = question();
    const newcomer = flights.join("key", undefined, fresh.ask);
    fail(new Error("cancelled"));
    fresh.answer("yes");
    assert.deepEqual(await newcomer, { answer: "yes", asked: true });
  });

  test("is not asked at all for somebody who has left already", async () => {
    const flights = new Flights<string>();
    const { ask, signals } = question();
    await assert.rejects(flights.join("key", AbortSignal.abort(new Error("left")), ask), /left/);
    assert.equal(signals.length, 0);
  });

  test("leaves no listener behind on the signal of who waited", async () => {
    const flights = new Flights<string>();
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners += 1;
      addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      removeEventListener.apply(signal, given);
    };
    const { ask, answer } = question();
    answer("yes");
    await flights.join("key", signal, ask);
    await new Promise(setImmediate);
    assert.equal(listeners, 0);
  });
});
