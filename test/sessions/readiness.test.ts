import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionStore } from "../../src/sessions/index.ts";
import { faultyStore, startFaultyService } from "../support/faulty-store.ts";
import { withoutKey } from "./distant-store.ts";
import { virtualFleet } from "./virtual-fleet.ts";

/** The checks of `/readyz` that fail, in the order in which they are asked. */
async function failing(checks: readonly { readonly name: string; check(): Promise<void> }[]): Promise<string[]> {
  const answers = await Promise.all(
    checks.map(({ check }) =>
      check().then(
        () => true,
        () => false,
      ),
    ),
  );
  return checks.filter((_, at) => !answers[at]).map(({ name }) => name);
}

async function started(
  t: Parameters<typeof virtualFleet>[0],
  change: (store: SessionStore) => SessionStore = (s) => s,
) {
  const fleet = await virtualFleet(t);
  const { store, faults } = faultyStore(change(fleet.store));
  const line = fleet.gateway.line();
  const { sessions } = fleet.instance({ store, gateway: line });
  await fleet.clock.advance(100);
  return { ...fleet, faults, line, sessions, unready: () => failing(sessions.checks) };
}

describe("an instance is ready", () => {
  test("as long as it can do its job, whatever the gateway does", async (t) => {
    const { clock, gateway, line, signedInBefore, unready } = await started(t);
    await signedInBefore(4);
    assert.deepEqual(await unready(), []);
    gateway.refuses = () => "000-004";
    await clock.advance(60_000);
    line.cut = true;
    await clock.advance(60_000);
    assert.deepEqual(await unready(), []);
  });

  test("not while the store takes no writes, and again within 5 s of it taking them", async (t) => {
    const { clock, faults, unready } = await started(t);
    faults.fail("pingWrite");
    await clock.advance(5_100);
    assert.deepEqual(await unready(), ["store-write"]);
    faults.recover();
    await clock.advance(5_100);
    assert.deepEqual(await unready(), []);
  });

  test("not where the store takes no writes from the start", async (t) => {
    const { faults, instance, store } = await started(t);
    faults.fail("pingWrite");
    const full = faultyStore(store);
    full.faults.fail("pingWrite");
    const { sessions } = instance({ store: full.store });
    assert.deepEqual(await failing(sessions.checks), ["store-write"]);
  });

  test("not while the store cannot be read, which is tried once a second however often it is asked", async (t) => {
    const { clock, faults, unready } = await started(t);
    assert.deepEqual(await unready(), []);
    faults.fail("pingRead");
    assert.deepEqual(await unready(), []);
    await clock.advance(1_000);
    assert.deepEqual(await unready(), ["store-read"]);
  });

  test("not after two rounds of keep-alive that failed, and again after one that worked", async (t) => {
    const { clock, faults, unready } = await started(t);
    await clock.advance(5_000);
    faults.fail("agentIds");
    await clock.advance(1_500);
    assert.deepEqual(await unready(), [], "one round");
    await clock.advance(5_000);
    assert.deepEqual(await unready(), ["keep-alive"]);
    faults.recover();
    await clock.advance(2_600);
    assert.deepEqual(await unready(), []);
  });

  test("not while it lacks the key of every record", async (t) => {
    const { clock, signedInBefore, unready } = await started(t, withoutKey);
    await signedInBefore(3);
    await clock.advance(6_000);
    assert.deepEqual(await unready(), ["keep-alive"]);
  });
});

test("/readyz names the check that fails", async (t) => {
  const service = await startFaultyService("http://127.0.0.1:9");
  t.after(() => service.close());
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  service.store.fail("agentIds", "pingWrite");
  // The first answer is a second's, the rounds come by themselves.
  for (const check of ["keep-alive", "store-write"]) {
    const end = performance.now() + 9_000;
    let body: { check?: string; status?: number } = {};
    while (body.check !== check && performance.now() < end) {
      body = (await (await fetch(`${service.url}/readyz`)).json()) as typeof body;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual([body.status, body.check], [503, check]);
  }
});
