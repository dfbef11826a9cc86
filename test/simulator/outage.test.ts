import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../support/until.ts";
import { type AgentClient, parsed, send, signedIn, simulatorFor } from "./gateway-client.ts";

/** Asks until it is answered, and fails so until then; in ms since `since`. */
async function answeredAfter(since: number, code: string, ask: () => ReturnType<AgentClient["ids"]>): Promise<number> {
  let answer: Awaited<ReturnType<typeof ask>> | null = null;
  await until(async () => {
    answer = await ask().catch((error: NodeJS.ErrnoException) => {
      assert.equal(error.code, code);
      return null;
    });
    return answer !== null;
  });
  assert.equal(answer && parsed(answer).retcode, "0");
  return performance.now() - since;
}

test("a gateway that went down refuses connections, and comes back at its port with everybody signed in", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  for (let event = 0; event < 3; event += 1) await client.poll();
  const poll = client.poll();
  await until(() => simulator.control.state().heldPolls === 1);
  await Promise.all([assert.rejects(poll, { code: "ECONNRESET" }), simulator.control.down()]);
  await assert.rejects(client.ids(), { code: "ECONNREFUSED" });
  assert.equal(simulator.control.state().heldPolls, 0);
  await simulator.control.up();
  await simulator.control.up();
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("it comes back by itself after the time given", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator);
  const since = performance.now();
  assert.equal((await send("POST", `${simulator.controlUrl}/down`, { body: { forMs: 300 } })).status, 204);
  const isDown = () =>
    client.ids().then(
      () => false,
      ({ code }: NodeJS.ErrnoException) => code === "ECONNREFUSED",
    );
  await until(isDown);
  const ms = await answeredAfter(since, "ECONNREFUSED", () => client.ids());
  assert.ok(ms >= 295, `${ms} ms`);
  assert.equal((await send("POST", `${simulator.controlUrl}/down`)).status, 400);
});

test("with a control port of its own it can be called back", async (t) => {
  const simulator = await simulatorFor(t, { controlPort: 0 });
  const client = await signedIn(simulator);
  await simulator.control.down();
  await send("POST", `${simulator.controlUrl}/up`);
  assert.equal(parsed(await client.ids()).retcode, "0");
});

test("the clients at one address can be cut off, held polls included, and the others notice nothing", async (t) => {
  const simulator = await simulatorFor(t);
  const [near, far] = [await signedIn(simulator, "1201"), await signedIn(simulator, "1204")];
  for (let event = 0; event < 3; event += 1) await Promise.all([near.poll(), far.poll({ from: "127.0.0.2" })]);
  const polls = [near.poll(), far.poll({ from: "127.0.0.2" })] as const;
  await until(() => simulator.control.state().heldPolls === 2);
  const body = { address: "127.0.0.2", forMs: 100 };
  const since = performance.now();
  assert.equal((await send("POST", `${simulator.controlUrl}/cut-off`, { body })).status, 204);
  await assert.rejects(polls[1], { code: "ECONNRESET" });
  const ms = await answeredAfter(since, "ECONNRESET", () => far.ids({ from: "127.0.0.2" }));
  assert.ok(ms >= 95, `${ms} ms`);
  simulator.control.cutOff("127.0.0.2");
  await assert.rejects(far.ids({ from: "127.0.0.2" }), { code: "ECONNRESET" });
  assert.equal(parsed(await near.ids()).retcode, "0");
  assert.equal(simulator.control.state().heldPolls, 1);
  assert.equal((await send("DELETE", `${simulator.controlUrl}/cut-off`)).status, 204);
  assert.equal(parsed(await far.ids({ from: "127.0.0.2" })).retcode, "0");
  simulator.control.rotate("1201");
  assert.equal(parsed(await polls[0]).retcode, "0");
});

test("closing while it is down leaves nothing that comes back", async (t) => {
  const simulator = await simulatorFor(t);
  await simulator.control.down(30);
  await simulator.close();
  await simulator.control.down(10);
  await simulator.control.up();
  await wait(60);
  await assert.rejects(send("GET", simulator.url), { code: "ECONNREFUSED" });
});
