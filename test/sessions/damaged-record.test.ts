import assert from "node:assert/strict";
import { test } from "node:test";
import { signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { agentIds, agentsPolled, startFleet, urlsOf } from "./fleet.ts";
import { assertInTurn, assertUnseen, Load } from "./seen-by-clients.ts";
import { ask } from "./stores/redis-places.ts";

test("a record that is damaged while its agent is polled stops nobody else, and the agent's next sign-in replaces it", async (t) => {
  const { simulator, redis, instance } = await startFleet(t, {
    simulator: { agents: 6, guidIntervalMs: 500 },
    environment: { LOG_LEVEL: "warn" },
  });
  const all = await Promise.all([instance(), instance()]);
  const polled = async () => (await Promise.all(all.map(agentsPolled))).reduce((sum, count) => sum + count, 0);
  const load = new Load(t);
  const [damaged = "", ...others] = agentIds(6);
  const url = all[0].url;
  const device = await signedInDevice(url, { sub: damaged }, { agentId: damaged });
  for (const agentId of others) {
    load.add(urlsOf(all), await signedInDevice(url, { sub: agentId }, { agentId }), "/conferences", 20);
  }
  await until(async () => (await polled()) === 6);

  await ask(redis, "HSET", `cbff:agent:{${damaged}}`, "sealed", "no record of ours");
  await until(async () => (await polled()) === 5);
  assert.equal((await device.get("/conferences")).body.code, "session-not-found");
  // Through several rounds of both, in which it is found unheld and cannot be read.
  const { poll } = simulator.control.state().calls;
  await until(() => simulator.control.state().calls.poll > poll + 20, 20_000);
  assert.equal(await polled(), 5);
  for (const one of all) assert.equal((await fetch(`${one.url}/readyz`)).status, 200);

  // The gateway still has the sign-in that nobody can use any more.
  const refused = await device.signIn({ agentId: damaged });
  assert.equal(refused.body.code, "agent-already-signed-in");
  const again = await device.signIn({ agentId: damaged, force: true });
  assert.equal(again.status, 200, JSON.stringify(again.body));
  await until(async () => (await polled()) === 6);
  for (const { url: anywhere } of all) {
    const answer = await fetch(`${anywhere}/conferences`, { headers: { authorization: `Bearer ${device.token}` } });
    assert.equal(answer.status, 200, await answer.text());
  }
  await load.end();
  assertUnseen(load);
  assertInTurn(simulator);
  assert.equal(simulator.control.state().counters.timedOut, 0);
  const told = all.flatMap(({ logged }) => logged).filter((line) => line.includes("cannot be read"));
  assert.ok(told.length >= 1 && told.length <= 2, told.join("\n"));
});
