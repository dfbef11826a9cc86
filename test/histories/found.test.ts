import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId, Guid } from "../../src/gateway/index.ts";
import type { SessionId, Subject } from "../../src/tokens/index.ts";
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
  wire.missMessages(30_000);
  world.gateway.rotate(signIn, 60_000, true);
  // The answer is there and its Guid stored, the next poll has not begun.
  await world.pass(150);
  const newest = signIn.guids.at(-1);
  assert.equal(world.store.model.getAgent(agentId)?.guid, newest);
  const before = polls.length;
  world.store.mode = "silent";
  await world.pass(5_000);
  assert.deepEqual(new Set(polls.slice(before)), new Set([newest]));
  world.end();
});
