import assert from "node:assert/strict";
import { test } from "node:test";
import { breakerDefaults, createBreaker } from "../../src/gateway/breaker.ts";
import { createBulkhead } from "../../src/gateway/bulkhead.ts";
import { Guard } from "../../src/gateway/guard.ts";
import type { Incoming, Outgoing } from "../../src/gateway/transport/port.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const answered: Incoming = { status: 200, headers: {}, body: Buffer.from("{}") };
const outgoing = { timeoutMs: 5_000, signal: undefined } as unknown as Outgoing;

/** A gateway with room for 20 calls at once, which answers after `takesMs`. */
function guarded() {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const state = { takesMs: 1, connects: true };
  const transport = {
    async exchange({ onReady, signal }: Outgoing) {
      if (state.connects) onReady?.();
      await clock.wait(state.takesMs, signal);
      return answered;
    },
    close: () => undefined,
  };
  const breaker = createBreaker({ ...breakerDefaults, now: clock.monotonic, onChange: (to) => changes.push(to) });
  const bulkhead = createBulkhead(20, 0, clock);
  const guard = new Guard({ transport, breaker, bulkhead, clock });
  const ask = (followedMs?: number): Promise<Incoming> => {
    const now = clock.monotonic();
    const until = followedMs === undefined ? undefined : now + followedMs;
    return guard.exchange(outgoing, { deadline: now + 5_000, until, optional: false });
  };
  return { clock, changes, state, bulkhead, ask };
}

test("an exchange that is followed past its deadline gives its place to others there, and ends with its answer", async () => {
  const { clock, changes, state, bulkhead, ask } = guarded();
  state.takesMs = 40_000;
  const followed = Array.from({ length: 19 }, () => ask(60_000));
  await clock.advance(4_999);
  assert.equal(bulkhead.active, 19);
  await clock.advance(2);
  assert.equal(bulkhead.active, 0);
  assert.deepEqual(changes, []);
  state.takesMs = 1;
  const quick = ask();
  await clock.advance(1);
  assert.equal(await quick, answered);
  await clock.advance(40_000);
  assert.deepEqual(await Promise.all(followed), Array(19).fill(answered));
  assert.equal(bulkhead.active, 0);
});

test("exchanges that are followed past their deadline tell against the gateway, as timeouts do", async () => {
  const { clock, changes, state, ask } = guarded();
  state.takesMs = 40_000;
  const followed = Array.from({ length: 20 }, () => ask(60_000));
  await clock.advance(5_001);
  assert.deepEqual(changes, ["open"]);
  await clock.advance(40_000);
  assert.deepEqual(await Promise.all(followed), Array(20).fill(answered), "and their answers are still waited for");
  assert.deepEqual(changes, ["open"], "an answer that comes so late does not speak for it");
});

test("an exchange whose connection does not stand at its deadline is over there: nobody was asked", async () => {
  const { clock, state, ask } = guarded();
  Object.assign(state, { takesMs: 40_000, connects: false });
  const outcome = ask(60_000).then(
    () => "answered",
    ({ code, sent }: { code: string; sent: boolean }) => [code, sent],
  );
  await clock.advance(5_001);
  assert.deepEqual(await Promise.race([outcome, Promise.resolve("followed")]), ["TIMEOUT", false]);
});

test("no more than 256 exchanges are followed past their deadline", async () => {
  const { clock, state, ask } = guarded();
  state.takesMs = 50_000;
  const refused: string[] = [];
  for (let round = 0; round < 15; round++) {
    // Answers between them, so that it stays a slow gateway, not a dead one.
    state.takesMs = 1;
    for (let call = 0; call < 80; call++) {
      const answer = ask();
      await clock.advance(1);
      await answer;
    }
    state.takesMs = 100_000;
    for (let call = 0; call < 20; call++) {
      ask(60_000).catch((error: { cause: { code: string } }) => refused.push(error.cause.code));
    }
    await clock.advance(5_001);
  }
  assert.equal(refused.length, 300 - 260);
  assert.deepEqual(new Set(refused), new Set(["TOO_MANY_WAITING"]));
});
