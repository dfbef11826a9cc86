import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { listen } from "../../src/http/server.ts";
import { causeOf } from "../../src/log/described-errors.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { faultyStore, startFaultyService } from "../support/faulty-store.ts";
import { startTestService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { withoutKey } from "./distant-store.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const { publicKey: generated } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicKey = { ...generated.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" };

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
  const { sessions, logged } = fleet.instance({ store, gateway: line });
  await fleet.clock.advance(100);
  return { ...fleet, faults, line, sessions, logged, unready: () => failing(sessions.checks) };
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

  test("and the log tells why the store takes no writes, and from when on it does again", async (t) => {
    const { clock, faults, logged } = await started(t);
    const told = () => logged.filter(({ msg }) => /takes (no )?writes/.test(String(msg)));
    assert.deepEqual(told(), []);
    faults.fail("pingWrite");
    await clock.advance(30_000);
    assert.deepEqual(
      told().map(({ level, cause }) => [level, cause]),
      [[40, "UNNAMED"]],
    );
    faults.recover();
    await clock.advance(30_000);
    assert.equal(told().length, 2);
    assert.equal(typeof told()[1]?.stoodMs, "number");
  });

  test("nor does the log say that a store works again where an instance cannot say how it is", async (t) => {
    const { clock, faults, logged } = await started(t);
    await clock.advance(5_000);
    faults.fail("announceInstance");
    await clock.advance(20_000);
    const told = () => logged.map(({ msg }) => msg).filter((msg) => /the session store/.test(String(msg)));
    assert.deepEqual(told(), ["the session store does not do what it is asked"]);
    faults.recover();
    await clock.advance(5_000);
    assert.equal(told().at(-1), "the session store works again");
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
    const { clock, faults, sessions, unready } = await started(t);
    await clock.advance(5_000);
    faults.fail("agentIds");
    await clock.advance(1_500);
    assert.deepEqual(await unready(), [], "one round");
    await clock.advance(5_000);
    assert.deepEqual(await unready(), ["keep-alive"]);
    const keepAlive = sessions.checks.find(({ name }) => name === "keep-alive");
    await assert.rejects(
      async () => keepAlive?.check(),
      (error) => causeOf(error) === "KEEP_ALIVE_FAILS",
      "the log names what fails",
    );
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

test("/readyz is 503 until the keys of the app's issuer have been fetched once, and names them", async (t) => {
  let status = 502;
  const issuer = createServer((_, response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(status === 200 ? JSON.stringify({ keys: [publicKey] }) : "");
  });
  const url = await listen(issuer, "127.0.0.1", 0);
  t.after(() => issuer.close());
  const service = await startTestService("http://127.0.0.1:9", {
    environment: { JWT_SECRET: "", JWT_JWKS_URL: `${url}/keys`, JWT_ALGORITHMS: "RS256" },
  });
  t.after(() => service.close());
  const first = await fetch(`${service.url}/readyz`);
  const { code, check } = (await first.json()) as { code: string; check: string };
  assert.deepEqual([first.status, code, check], [503, "keys-unavailable", "keys"]);
  status = 200;
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 200, 10_000);
  status = 502;
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
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
