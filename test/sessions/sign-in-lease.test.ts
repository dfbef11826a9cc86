import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { SignInLeases } from "../../src/sessions/sign-in-lease.ts";
import { seededChance, VirtualClock } from "../support/virtual-clock.ts";
import { Mortal } from "./mortal.ts";
import { virtualFleet } from "./virtual-fleet.ts";
import { wired } from "./wired-sessions.ts";

const agentId = "1201" as AgentId;
const unavailable = () => new Problem("session-store-unavailable");

function leasesIn(store: SessionStore, clock = new VirtualClock()): { leases: SignInLeases; clock: VirtualClock } {
  return { clock, leases: new SignInLeases({ store, clock, chance: seededChance() }) };
}

/** A store that hangs: it does what it is asked once more, and says that it did not. */
function hangingOnce(store: SessionStore, operation: "acquireLease" | "releaseLease", does: boolean): SessionStore {
  let hangs = true;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (name !== operation || !hangs) return Reflect.apply(value, target, given) as unknown;
        hangs = false;
        if (does) await Reflect.apply(value, target, given);
        throw unavailable();
      };
    },
  });
}

const isFree = async (store: SessionStore): Promise<boolean> =>
  (await store.unheld("sign-in", [agentId])).includes(agentId);

test("a lease that was taken in an outage, and not told of, is let go", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(hangingOnce(store, "acquireLease", true));
  await assert.rejects(
    leases.during(agentId, 0, () => Promise.resolve()),
    { code: "session-store-unavailable" },
  );
  assert.equal(await isFree(store), false, "the store has it");
  await clock.advance(500);
  assert.equal(await isFree(store), true);
});

test("a lease that could not be let go in an outage is let go after it", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(hangingOnce(store, "releaseLease", false));
  assert.equal(await leases.during(agentId, 0, () => Promise.resolve("done")), "done");
  assert.equal(await isFree(store), false);
  await clock.advance(500);
  assert.equal(await isFree(store), true);
});

test("a lease is short, and lasts as long as what is done under it", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  let finish = (): void => undefined;
  const work = leases.during(agentId, 0, () => new Promise<void>((resolve) => (finish = resolve)));
  for (let seconds = 0; seconds < 60; seconds++) {
    await clock.advance(1_000);
    assert.equal(await isFree(store), false, `after ${seconds} s`);
  }
  finish();
  await work;
  assert.equal(await isFree(store), true);
});

test("a lease that nobody renews any more is over after five seconds", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const mortal = new Mortal();
  const leases = new SignInLeases({ store, clock: mortal.clock(clock), chance: seededChance() });
  void leases.during(agentId, 0, () => new Promise(() => undefined));
  await clock.advance(30_000);
  mortal.kill();
  await clock.advance(5_000);
  assert.equal(await isFree(store), true);
});

test("who has lost its lease to somebody else is told so, and takes it back from nobody", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  const lease = { kind: "sign-in", agentId } as const;
  await leases.during(agentId, 0, async (turn) => {
    assert.equal(await turn.isHeld(), true);
    // As a store does that has forgotten it.
    await store.releaseLease(lease, seededChance().id());
    assert.equal(await store.acquireLease(lease, "somebody else", 60_000), true);
    assert.equal(await turn.isHeld(), false);
    await store.releaseLease(lease, "somebody else");
    await clock.advance(10_000);
    assert.equal(await turn.isHeld(), false);
  });
  assert.equal(await isFree(store), true);
});

test("who finds the agent's lease held waits for its turn, and not past its time", async (t) => {
  const { store } = await wired(t);
  const { leases, clock } = leasesIn(store);
  let finish = (): void => undefined;
  const first = leases.during(agentId, 0, () => new Promise<void>((resolve) => (finish = resolve)));
  const outcomes: string[] = [];
  const patient = leases.during(agentId, 5_000, async () => outcomes.push("its turn"));
  const hasty = leases
    .during(agentId, 1_000, async () => outcomes.push("too early"))
    .catch((error: { code: string }) => {
      outcomes.push(error.code);
    });
  await clock.advance(999);
  assert.deepEqual(outcomes, []);
  await clock.advance(100);
  await hasty;
  assert.deepEqual(outcomes, ["sign-in-in-progress"]);
  finish();
  await first;
  await clock.advance(25);
  await patient;
  assert.deepEqual(outcomes, ["sign-in-in-progress", "its turn"]);
});

/** Counts how often the store is asked for the lease. */
function counting(store: SessionStore): SessionStore & { readonly looks: number } {
  let looks = 0;
  return new Proxy(store as SessionStore & { readonly looks: number }, {
    get(target, name) {
      if (name === "looks") return looks;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        if (name === "acquireLease") looks += 1;
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
}

const lease = { kind: "sign-in", agentId } as const;

test("of twenty callers in one process only the first looks at the store, and each gets its turn as it came", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const counted = counting(store);
  const { leases } = leasesIn(counted, clock);
  assert.equal(await store.acquireLease(lease, "another process", 60_000), true);
  const turns: number[] = [];
  const works = Array.from({ length: 20 }, (_, index) =>
    leases.during(agentId, 10_000, async () => {
      turns.push(index);
    }),
  );
  await clock.advance(1_000);
  assert.ok(counted.looks <= 41, `${counted.looks} looks within a second`);
  const before = counted.looks;
  await clock.advance(4_000);
  assert.ok(counted.looks - before <= 45, `${counted.looks - before} looks in the four seconds after it`);
  await store.releaseLease(lease, "another process");
  const atLast = counted.looks;
  await clock.advance(200);
  await Promise.all(works);
  assert.deepEqual(turns, [...turns.keys()]);
  assert.equal(turns.length, 20);
  assert.ok(counted.looks - atLast <= 22, `${counted.looks - atLast} looks for twenty turns`);
});

test("while a caller of the same process has the lease nobody looks at the store", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const counted = counting(store);
  const { leases } = leasesIn(counted, clock);
  let finish = (): void => undefined;
  const first = leases.during(agentId, 0, () => new Promise<void>((resolve) => (finish = resolve)));
  const others = Array.from({ length: 20 }, () => leases.during(agentId, 10_000, () => Promise.resolve()));
  await clock.advance(8_000);
  assert.equal(counted.looks, 1);
  finish();
  await first;
  await clock.advance(0);
  await Promise.all(others);
  assert.equal(counted.looks, 21);
});

test("whose time is over holds up nobody, wherever it stands", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  assert.equal(await store.acquireLease(lease, "another process", 60_000), true);
  const outcomes: string[] = [];
  const asks = (name: string, waitMs: number): void => {
    leases
      .during(agentId, waitMs, () => Promise.resolve())
      .then(() => "in turn")
      .catch((error: { code: string }) => error.code)
      .then((outcome) => outcomes.push(`${name}: ${outcome}`));
  };
  asks("first", 300);
  asks("second", 5_000);
  asks("third", 100);
  asks("at once", 0);
  await clock.advance(0);
  assert.deepEqual(outcomes, ["at once: sign-in-in-progress"]);
  await clock.advance(100);
  assert.deepEqual(outcomes.slice(1), ["third: sign-in-in-progress"]);
  await clock.advance(200);
  assert.deepEqual(outcomes.slice(2), ["first: sign-in-in-progress"]);
  await store.releaseLease(lease, "another process");
  await clock.advance(25);
  assert.deepEqual(outcomes.slice(3), ["second: in turn"]);
});

test("who waits while the store cannot be reached is told so at once, and who comes later asks anew", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const gate = Promise.withResolvers<boolean>();
  let isAway = true;
  const hanging = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown =>
        name === "acquireLease" && isAway ? gate.promise : (Reflect.apply(value, target, given) as unknown);
    },
  });
  const { leases } = leasesIn(hanging, clock);
  const ask = (): Promise<string> =>
    leases.during(agentId, 10_000, () => Promise.resolve("in turn")).catch((error: { code: string }) => error.code);
  const waiting = Array.from({ length: 20 }, ask);
  await clock.advance(500);
  const later = ask();
  isAway = false;
  gate.reject(unavailable());
  await clock.advance(0);
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["session-store-unavailable"]));
  assert.equal(await later, "in turn");
});

test("who holds a lease that is over keeps nobody of its own process waiting", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(store, clock);
  let finish = (): void => undefined;
  const lost = leases.during(agentId, 0, async (turn) => {
    await store.releaseLease(lease, seededChance().id());
    await store.acquireLease(lease, "another process", 1_000);
    assert.equal(await turn.isHeld(), false);
    await new Promise<void>((resolve) => (finish = resolve));
  });
  await clock.advance(0);
  let polls = true;
  const next = leases.during(agentId, 10_000, async () => {
    finish();
    await lost;
    polls = !leases.isHeldHere(agentId);
    return "in turn";
  });
  await clock.advance(1_100);
  assert.equal(await next, "in turn");
  assert.equal(polls, false, "the end of the first lets no poll begin in the turn of the second");
  assert.equal(leases.isHeldHere(agentId), false);
  assert.equal(await leases.during(agentId, 0, () => Promise.resolve("free")), "free");
});

test("a process with many callers lets another process have its turn", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const [busy, other] = [leasesIn(store, clock), leasesIn(store, clock)].map(({ leases }) => leases);
  assert.ok(busy && other);
  let goesOn = true;
  const callers = Array.from({ length: 5 }, async () => {
    while (goesOn) await busy.during(agentId, 60_000, () => clock.wait(5));
  });
  await clock.advance(2);
  let turns = 0;
  const begun = clock.monotonic();
  const got = (async () => {
    for (; turns < 10; turns++) await other.during(agentId, 60_000, () => Promise.resolve());
  })();
  await clock.until(() => turns === 10, 20_000);
  await got;
  assert.ok(clock.monotonic() - begun < 10 * 1_300, `${clock.monotonic() - begun} ms for ten turns`);
  goesOn = false;
  await clock.advance(1_000);
  await Promise.all(callers);
});

test("however many have asked in vain, what they may have been given is let go by one command at a time", async (t) => {
  const { store, clock } = await virtualFleet(t);
  let isAway = true;
  let [releases, open, most] = [0, 0, 0];
  const away = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (name === "releaseLease") {
          releases += 1;
          most = Math.max(most, ++open);
          await clock.wait(20);
          open -= 1;
        }
        if (isAway) throw unavailable();
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  const { leases } = leasesIn(away, clock);
  for (let asked = 0; asked < 20; asked++) {
    await assert.rejects(leases.during(agentId, 0, () => Promise.resolve()));
    await clock.advance(200);
  }
  assert.ok(releases <= 8, `${releases} commands within four seconds`);
  isAway = false;
  await clock.advance(3_000);
  assert.equal(most, 1);
  assert.ok(releases <= 8 + 2 * 20, `${releases} commands`);
  const done = releases;
  await clock.advance(10_000);
  assert.equal(releases, done, "and no more after it");
});

/** A store whose answers about the lease come late or never, as the test says for each; it does what it is asked at once. */
function answeringLate(store: SessionStore, clock: VirtualClock, answers: (number | "never")[]): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        const late = name === "acquireLease" || name === "acquireLeases" ? (answers.shift() ?? 0) : 0;
        const answer: unknown = late === "never" ? undefined : await Reflect.apply(value, target, given);
        if (late !== 0) await clock.wait(late === "never" ? 1_500 : late);
        if (late === "never") throw unavailable();
        return answer;
      };
    },
  });
}

test("whose time ends while the store is asked is told what the store has said, and not that somebody signs in", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(answeringLate(store, clock, ["never"]), clock);
  const outcome = (waitMs: number): Promise<string> =>
    leases.during(agentId, waitMs, () => Promise.resolve("in turn")).catch(({ code }: { code: string }) => code);
  const first = outcome(10_000);
  await clock.advance(100);
  const [hasty, patient] = [outcome(1_000), outcome(10_000)];
  await clock.advance(1_400);
  assert.deepEqual(await Promise.all([first, hasty]), ["session-store-unavailable", "session-store-unavailable"]);
  await clock.advance(0);
  assert.equal(await patient, "in turn", "it came after the store was asked, and asks anew");
});

test("whose time ends while the store is asked is told that somebody signs in when somebody does", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(answeringLate(store, clock, [1_400]), clock);
  let finish = (): void => undefined;
  const first = leases.during(agentId, 10_000, () => new Promise<void>((resolve) => (finish = resolve)));
  const hasty = leases.during(agentId, 1_000, () => Promise.resolve()).catch(({ code }: { code: string }) => code);
  await clock.advance(1_401);
  assert.equal(await hasty, "sign-in-in-progress");
  finish();
  await first;
});

test("one slow and one missing answer of the store lose no lease", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const { leases } = leasesIn(answeringLate(store, clock, [1_400, "never", 1_400]), clock);
  let held: boolean | undefined;
  const work = leases.during(agentId, 0, async (turn) => {
    await clock.wait(3_700);
    held = await turn.isHeld();
    await clock.wait(10_000);
    assert.equal(turn.lasts(), true);
  });
  await clock.advance(20_000);
  await work;
  assert.equal(held, true);
});

test("a renewal that is carried out after its lease was let go keeps nobody from the agent", async (t) => {
  const { store, clock } = await virtualFleet(t);
  const slow = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (name !== "acquireLeases") return Reflect.apply(value, target, given) as unknown;
        clock.after(1_600, () => void Reflect.apply(value, target, given));
        await clock.wait(1_500);
        throw unavailable();
      };
    },
  });
  const { leases } = leasesIn(slow, clock);
  const work = leases.during(agentId, 0, () => clock.wait(2_000));
  await clock.advance(3_300);
  await work;
  assert.equal(await isFree(store), false, "it was taken again");
  await clock.advance(600);
  assert.equal(await isFree(store), true);
});
