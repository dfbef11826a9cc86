import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, Guid } from "../../src/gateway/index.ts";
import { mayHear } from "../../src/sessions/belonging.ts";
import type { SessionId, Subject } from "../../src/tokens/index.ts";
import type { GatewaySignIn } from "./gateway-model.ts";
import type { RedisServer } from "./redis-server.ts";
import type { RedisWire } from "./redis-wire.ts";
import { type Running, World } from "./world.ts";

/** What histories have found, each as the few steps that are left of it. */

const agentId = "20001" as AgentId;
const key = { issuer: "app", sessionId: "phone" as SessionId } as const;
const actor = { requestId: "a-test", subject: "user" };

async function during<T>(world: World, work: Promise<T>): Promise<T> {
  let settled = false;
  const done = work.finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  for (let waited = 0; !settled && waited < 10_000; waited += 100) await world.pass(100);
  return done;
}

test("a Guid that has rotated since joins the newest, also while the gateway takes both", async () => {
  const world = new World({ seed: 1, instances: 1 });
  const { instance } = world.running[0] as Running;
  const input = { agentId, password: "app user", phoneNumber: "40038", force: false };
  await during(world, instance.sessions.signIn({ ...key, subject: "user" as Subject }, input, actor));
  const signIn = world.signInOf(agentId);
  assert.ok(signIn);
  await world.pass(1_000);
  world.gateway.rotate(signIn, 60_000, true);
  await world.pass(1_000);
  const [first, newest] = signIn.guids as [Guid, Guid];
  assert.equal(world.store.model.getAgent(agentId)?.guid, newest);

  const brought = { agentId, guid: first, subject: "user" as Subject, keepAlive: "managed" } as const;
  const other = { ...key, sessionId: "backend's" as SessionId };
  assert.equal((await during(world, instance.sessions.bind(other, brought, actor))).created, true);
  assert.equal(world.store.model.getAgent(agentId)?.guid, newest, "the older one has not come back");
  assert.equal(world.store.model.sessionsOfAgent(agentId).length, 2);

  // Without an overlap the gateway does not take it any more.
  world.gateway.rotate(signIn, 0, true);
  await world.pass(1_000);
  await assert.rejects(during(world, instance.sessions.bind(other, { ...brought, guid: newest }, actor)), {
    code: "guid-refused",
  });
  world.end();
});

test("a poll carries the newest Guid that was written here, also when the store cannot be read before it", async () => {
  const polls: string[] = [];
  const tell = (line: string): void => {
    const guid = /a poll of \S+ by .* with (guid-\S+)/.exec(line)?.[1];
    if (guid !== undefined) polls.push(guid);
  };
  const world = new World({ seed: 1, instances: 1, tell });
  const { instance, wire } = world.running[0] as Running;
  const input = { agentId, password: "app user", phoneNumber: "40038", force: false };
  await during(world, instance.sessions.signIn({ ...key, subject: "user" as Subject }, input, actor));
  const signIn = world.signInOf(agentId);
  assert.ok(signIn);
  await world.pass(1_000);
  // It does not hear of its own write either.
  (wire as RedisWire).missMessages(30_000);
  world.gateway.rotate(signIn, 60_000, true);
  // The answer is there and its Guid stored, the next poll has not begun.
  await world.pass(150);
  const newest = signIn.guids.at(-1);
  assert.equal(world.store.model.getAgent(agentId)?.guid, newest);
  const before = polls.length;
  (world.redis as RedisServer).mode = "silent";
  await world.pass(5_000);
  assert.deepEqual(new Set(polls.slice(before)), new Set([newest]));
  world.end();
});

test("an event is of the moment of its receipt: who comes in while the Guid beside it is written does not hear it", async () => {
  let cameInBetween = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const world = new World({ seed, instances: 2 });
    const [holder, other] = world.running as [Running, Running];
    const input = { agentId, password: "app user", phoneNumber: "40038", force: false };
    const signingIn = holder.instance.sessions.signIn({ ...key, subject: "user" as Subject }, input, actor);
    // The gateway wants some to change their password first.
    if (await during(world, signingIn).catch(() => null)) {
      await world.pass(2_000);
      const signIn = world.signInOf(agentId);
      assert.ok(signIn);
      (world.redis as RedisServer).slowness = 100;
      const brought = {
        agentId,
        guid: signIn.guids[0] as Guid,
        subject: "another" as Subject,
        keepAlive: "managed",
      } as const;
      const others = { ...key, sessionId: "another's" as SessionId };
      const binding = during(world, other.instance.sessions.bind(others, brought, actor));
      world.timeline.in(seed * 20, () => {
        world.gateway.rotate(signIn, 60_000, false);
        world.gateway.tell(signIn, { type: "AgentState_Ready", content: { signIn: signIn.serial, number: 1 } });
      });
      const receivedBy = world.timeline.now + seed * 20 + 20;
      const { session } = await binding;
      await world.pass(5_000);
      const [event] = world.store.model.events.after(agentId, "");
      const cameIn = world.sight.of(session)?.cameIn ?? 0;
      assert.ok(event);
      if (cameIn > receivedBy) {
        cameInBetween += 1;
        assert.ok(!mayHear(session, event), `received by ${receivedBy}, and came in at ${cameIn}`);
      }
    }
    world.end();
  }
  assert.ok(cameInBetween > 3, `${cameInBetween} came in after it`);
});

test("a sign-in whose machine stood still takes itself back in a turn of its own: another may be under way", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const signsOut: string[] = [];
    let hasAnswered = false;
    const tell = (line: string): void => {
      if (/gateway: sign-in of/.test(line)) hasAnswered = true;
      if (/gateway: sign-out of|acquire sign-in|release sign-in/.test(line)) signsOut.push(line);
    };
    const world = new World({ seed, instances: 1, tell });
    const { instance } = world.running[0] as Running;
    const { sessions, host } = instance;
    const redis = world.redis as RedisServer;
    const input = { agentId, password: "app user", phoneNumber: "40038", force: true };
    const user = { ...key, subject: "user" as Subject };
    const first = sessions.signIn(user, input, actor).catch((error: unknown) => error);
    for (let waited = 0; !hasAnswered && waited < 1_000; waited += 1) await world.pass(1);
    // Whether its lease is still its own is not answered before the machine stands still.
    redis.mode = "silent";
    await world.pass(50);
    host.standStill(false);
    await world.pass(60_000);
    redis.heal();
    host.reach(
      () => void sessions.signIn({ ...user, sessionId: "tab" as SessionId }, input, actor).catch(() => undefined),
    );
    host.goOn();
    await world.pass(30_000);
    assert.ok((await first) instanceof Error);
    // What it was given is no agent's whom nobody knows.
    assert.equal(world.signInOf(agentId)?.guids[0], world.store.model.getAgent(agentId)?.guid, signsOut.join("\n"));
    world.end();
  }
});

test("a verdict whose machine stood still in its middle ends nobody who was bound to another sign-in meanwhile", async () => {
  let deletes = 0;
  const tell = (line: string): void => {
    if (/store: delete session/.test(line)) deletes += 1;
  };
  const world = new World({ seed: 1, instances: 1, kind: "sqlite", tell });
  const { sessions, host } = (world.running[0] as Running).instance;
  const user = { ...key, subject: "user" as Subject };
  const input = { agentId, password: "app user", phoneNumber: "40038", force: false };
  const tab = { ...user, sessionId: "tab" as SessionId };
  await during(world, sessions.signIn(user, input, actor));
  await during(world, sessions.signIn(tab, input, actor));
  await world.pass(1_000);
  world.gateway.end(world.signInOf(agentId) as GatewaySignIn, "kicked");
  for (let waited = 0; deletes === 0 && waited < 5_000; waited += 0.1) await world.pass(0.1);
  host.standStill(false);
  const made = world.gateway.signIn(agentId, "app user", true, false) as GatewaySignIn;
  await world.pass(40_000);
  const brought = { agentId, guid: made.guids[0] as Guid, subject: user.subject, keepAlive: "managed" } as const;
  const third = { ...key, sessionId: "backend's" as SessionId };
  host.reach(() => void sessions.bind(third, brought, actor).catch(() => undefined));
  host.goOn();
  await world.pass(5_000);
  assert.equal(deletes, 1);
  assert.equal(world.store.model.sessionsOfAgent(agentId).length, 2);
  world.end();
});

test("of many who wait for one agent's lease at an instance only the first asks the store", async () => {
  const world = new World({ seed: 1, instances: 1 });
  const { instance, wire } = world.running[0] as Running;
  const made = world.gateway.signIn(agentId, "app user", true, false) as GatewaySignIn;
  const brought = { agentId, guid: made.guids[0] as Guid, subject: "user" as Subject, keepAlive: "managed" } as const;
  // As somebody leaves it behind who stood still.
  world.store.model.leases.acquire({ kind: "sign-in", agentId }, "somebody else", 5_000);
  await world.pass(1_000);
  const before = wire.commands;
  const bound = Array.from({ length: 20 }, (_, index) =>
    instance.sessions.bind({ ...key, sessionId: `backend's ${index}` as SessionId }, brought, actor),
  );
  await world.pass(3_000);
  assert.ok(wire.commands - before < 120, `${wire.commands - before} commands`);
  assert.equal((await during(world, Promise.all(bound))).length, 20);
  assert.equal(world.store.model.sessionsOfAgent(agentId).length, 20);
  world.end();
});

test("a backend binds sessions of one agent many at a time, and each waits for those before it, no longer", async () => {
  const world = new World({ seed: 1, instances: 2 });
  const instances = world.running.map(({ instance }) => instance);
  const made = world.gateway.signIn(agentId, "app user", true, false) as GatewaySignIn;
  const brought = { agentId, guid: made.guids[0] as Guid, subject: "user" as Subject, keepAlive: "managed" } as const;
  let [next, longest] = [0, 0];
  const binder = async (): Promise<void> => {
    while (next < 200) {
      const index = next++;
      const since = world.timeline.now;
      const { sessions } = instances[index % instances.length] as (typeof instances)[number];
      await sessions.bind({ ...key, sessionId: `backend's ${index}` as SessionId }, brought, actor);
      longest = Math.max(longest, world.timeline.now - since);
    }
  };
  const binders = Promise.all(Array.from({ length: 16 }, binder));
  for (let waited = 0; next < 200 && waited < 60_000; waited += 100) await world.pass(100);
  await during(world, binders);
  assert.equal(world.store.model.sessionsOfAgent(agentId).length, 200);
  assert.ok(longest < 800, `one waited for ${longest} ms`);
  world.end();
});
