import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Device, signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { agentsPolled, startFleet } from "./fleet.ts";
import { assertInTurn, assertUnseen, Load, sayWhatWasSeen } from "./seen-by-clients.ts";
import { allAreUnder } from "./stores/redis-places.ts";

/** Until the last requests that went to an instance are answered. */
const SETTLED_MS = 500;
const FIRST_AGENT = 20_001;

sayWhatWasSeen();

test("SESSION_KEYS changed in phases, one instance at a time under load: no client notices, no agent is lost", async (t) => {
  const { simulator, redis, instance } = await startFleet(t, {
    simulator: { agents: 40, guidIntervalMs: 500 },
    environment: { LOG_LEVEL: "warn" },
    // On a machine that has other things to do too.
    sessions: { leaseMs: 8_000 },
  });
  const newest = randomBytes(32);
  const [old, fresh] = [randomBytes(32).toString("base64"), newest.toString("base64")];
  const instances = await Promise.all([1, 2, 3].map(() => instance({ SESSION_KEYS: old })));
  // What clients are sent to: whoever is about to end is out of it before.
  const urls = instances.map(({ url }) => url);
  const logged = instances.map((one) => one.logged);
  const load = new Load(t);
  const devices: Device[] = [];
  const signIn = async (at: number): Promise<void> => {
    const agentId = String(FIRST_AGENT + devices.length);
    const person = { sid: `device-${agentId}`, sub: `user-${agentId}` };
    const device = await signedInDevice(urls[at % 3] ?? "", person, { agentId });
    devices.push(device);
    for (const path of ["/conferences", "/session"]) load.add(urls, device, path, 50);
  };
  for (let at = 0; at < 6; at++) await signIn(at);

  for (const [phase, keys] of [`${old},${fresh}`, `${fresh},${old}`, fresh].entries()) {
    for (const at of [0, 1, 2]) {
      const ending = instances[at];
      const start = async (): Promise<void> => {
        const next = await instance({ SESSION_KEYS: keys });
        logged.push(next.logged);
        instances[at] = next;
      };
      // In place at first; then as in a rolling update with surge, where the old one seals on after its successor has started.
      if (phase > 0) await start();
      await signIn(at);
      urls[at] = urls[(at + 1) % 3] ?? "";
      await wait(SETTLED_MS);
      await ending?.close();
      if (phase === 0) await start();
      urls[at] = instances[at]?.url ?? "";
    }
    // As the operations page says, only that its ten minutes are the longest that it can take.
    if (phase === 1) await until(() => allAreUnder([redis], newest), 30_000);
  }
  await until(async () => {
    const polled = await Promise.all(instances.map(agentsPolled));
    return polled.reduce((sum, count) => sum + count, 0) === devices.length;
  }, 40_000);
  await load.end();
  for (const line of logged.flat().filter((text) => /"status":5/.test(text))) t.diagnostic(line);
  assertUnseen(load);
  assertInTurn(simulator);
  assert.equal(simulator.control.state().counters.timedOut, 0);
  for (const { token } of devices) {
    for (const url of urls) {
      const answer = await fetch(`${url}/conferences`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 200, await answer.text());
    }
  }
  assert.deepEqual(
    logged.flat().filter((line) => /cannot be read|cannot keep agents/.test(line)),
    [],
  );
});
