import assert from "node:assert/strict";
import { test } from "node:test";
import request from "supertest";
import type { AgentId } from "../../../src/gateway/index.ts";
import { type AgentPage, listAgents } from "../../../src/sessions/agent-list.ts";
import { assertProblem, Device, signedInDevice } from "../../support/device.ts";
import { serviceToken, startPair } from "../../support/service.ts";
import { until } from "../../support/until.ts";
import { startFleet } from "../fleet.ts";
import { ask } from "../stores/redis-places.ts";

test("a trusted backend sees which agents are signed in, their last poll, and who holds them", async (context) => {
  const pair = await startPair({ simulator: { pollHoldMs: 100 } });
  context.after(() => pair.close());
  const ask = (query = "", token = serviceToken()) =>
    request(pair.url).get(`/agents${query}`).set("Authorization", `Bearer ${token}`);
  assert.deepEqual((await ask()).body, { agents: [], next: null });

  const phone = await signedInDevice(pair.url);
  await signedInDevice(pair.url);
  const external = { agentId: "1204", guid: pair.simulator.control.signIn("1204").guid ?? "", keepAlive: "external" };
  const bound = await request(pair.url)
    .put("/sessions/device-9")
    .set("Authorization", `Bearer ${serviceToken()}`)
    .send(external);
  assert.equal(bound.status, 201, bound.text);
  const began = Date.now();
  await until(async () => (await ask()).body.agents[0]?.lastPollAt !== null);
  const { agents, next } = (await ask()).body;
  const { lastPollAt, heldBy, ...rest } = agents[0];
  assert.equal(next, null);
  assert.deepEqual(Object.keys(agents[0]), ["agentId", "keepAlive", "state", "lastPollAt", "heldBy", "sessions"]);
  assert.deepEqual(rest, { agentId: "1201", keepAlive: "managed", state: "active", sessions: 2 });
  assert.equal(new Date(lastPollAt).toISOString(), lastPollAt);
  assert.ok(Math.abs(Date.parse(lastPollAt) - began) < 10_000);
  assert.match(heldBy, /^[\w-]{8,}$/);
  assert.deepEqual(agents[1], {
    agentId: "1204",
    keepAlive: "external",
    state: "active",
    lastPollAt: null,
    heldBy: null,
    sessions: 1,
  });
  assert.deepEqual((await ask("?after=1201")).body.agents, [agents[1]]);
  assertProblem(await ask("?after=x"), 400, "invalid-request");
  assertProblem(await ask("?from=1201&after="), 400, "invalid-request");
  assertProblem(await ask("", phone.token), 403, "insufficient-scope");
  assertProblem(await request(pair.url).get("/agents"), 401, "token-missing");
  assertProblem(await new Device(pair.url).send("post", "/agents"), 405, "method-not-allowed");
  assert.ok(!JSON.stringify(agents).includes(external.guid));
});

test("so does one who asks an instance that polls none of them", async (t) => {
  const fleet = await startFleet(t, { simulator: { pollHoldMs: 100 } });
  const [holder, other] = [await fleet.instance(), await fleet.instance()];
  const device = await signedInDevice(holder.url);
  const began = Date.now();
  const seenBy = async (url: string) => {
    const answer = await request(url).get("/agents").set("Authorization", `Bearer ${serviceToken()}`);
    return answer.body.agents[0];
  };
  await until(async () => (await seenBy(other.url)).lastPollAt !== null, 5_000);
  for (const { url } of [holder, other]) {
    const { lastPollAt, heldBy } = await seenBy(url);
    assert.ok(Math.abs(Date.parse(lastPollAt) - began) < 10_000, lastPollAt);
    assert.equal(heldBy, (await seenBy(other.url)).heldBy);
  }
  assert.ok(Number(await ask(fleet.redis, "PTTL", "cbff:polls")) > 0, "one hash, that goes by itself");
  assert.deepEqual(await ask(fleet.redis, "HKEYS", "cbff:polls"), ["1201"]);
  await device.delete("/session").expect(204);
  await until(async () => (await ask(fleet.redis, "EXISTS", "cbff:polls")) === 0, 5_000);
});

test("agents come by number, so many a page, and each of them once", async () => {
  const ids = Array.from({ length: 1_201 }, (_, place) => String(((place * 7_919) % 60_000) + 101) as AgentId);
  const store = {
    agentIds: async () => ids,
    getAgentAndHolder: async (agentId: AgentId) => ({
      agent: agentId === ids[5] ? null : { agentId, keepAlive: "managed", state: "active" },
      holder: `instance-1 lease-${agentId}`,
    }),
    sessionsOfAgent: async () => [{}],
    lastPolls: async () => new Map(),
  } as unknown as Parameters<typeof listAgents>[0]["store"];
  const pages: AgentPage[] = [];
  let after: AgentId | undefined;
  do {
    const page = await listAgents({ store, lastPollAt: () => null }, after, 500);
    pages.push(page);
    after = page.next ?? undefined;
  } while (after !== undefined && pages.length < 10);
  const seen = pages.flatMap(({ agents }) => agents.map(({ agentId }) => agentId));
  const expected = ids.filter((id) => id !== ids[5]).toSorted((one, other) => Number(one) - Number(other));
  assert.deepEqual(seen, expected, "one that signed out meanwhile is left out");
  assert.deepEqual(
    pages.map(({ agents }) => agents.length >= 499 || agents.length > 100),
    [true, true, true],
  );
  assert.ok(pages.every(({ agents }) => agents.every(({ heldBy }) => heldBy === "instance-1")));
});
