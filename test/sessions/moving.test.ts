import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { until } from "../support/until.ts";
import { startQuickPair } from "./quick-times.ts";

async function started(t: TestContext) {
  const pair = await startQuickPair({ simulator: { agents: 5 } });
  t.after(() => pair.close());
  const trail = () =>
    pair.logged
      .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
      .filter(({ audit }) => audit === "ended")
      .map(({ agentId, subject, reason }) => `${subject} ${agentId} ${reason}`);
  return { ...pair, trail };
}

test("who moves to another agent while somebody forces the first one keeps the new session", async (t) => {
  const { url, simulator, trail } = await started(t);
  const { control } = simulator;
  const mover = await signedInDevice(url, { sub: "user-1", sid: "device-1" }, { agentId: "20001" });
  const held = control.addFault({ kind: "hold", worked: true, on: "forcelogin", times: 1 });
  const other = new Device(url, { sub: "user-2" });
  const forced = other.signIn({ agentId: "20001", force: true }).then((answer) => answer);
  await until(() => control.state().calls.forcelogin === 1);
  assert.equal((await mover.signIn({ agentId: "20002" })).status, 201);
  held.clear();
  assert.equal((await forced).status, 201);
  const { status, body } = await mover.get("/session");
  assert.deepEqual([status, body.agentId], [200, "20002"]);
  assert.equal((await mover.get("/conferences")).status, 200);
  assert.equal((await other.get("/conferences")).status, 200);
  assert.deepEqual([control.agent("20001").signedIn, control.agent("20002").signedIn], [true, true]);
  assert.ok(!trail().some((line) => line.includes("20002")), trail().join());
});

test("who moves to another agent while the gateway ends the first one keeps the new session", async (t) => {
  const { url, simulator, trail } = await started(t);
  const { control } = simulator;
  const mover = await signedInDevice(url, { sub: "user-1", sid: "device-1" }, { agentId: "20001" });
  for (let turn = 0; turn < 3; turn++) {
    const [from, to] = turn % 2 === 0 ? ["20001", "20002"] : ["20002", "20001"];
    await until(() => control.agent(from as string).heldPolls === 1 || !control.agent(from as string).signedIn);
    const moving = mover.signIn({ agentId: to as string, force: true }).then((answer) => answer);
    if (turn % 3 !== 2) control.kick(from as string);
    assert.ok((await moving).status < 300);
    const { status, body } = await mover.get("/session");
    assert.deepEqual([status, body.agentId], [200, to], `turn ${turn}: ${trail().join()}`);
  }
});

test("a sign-out that waited while its session moved ends neither the new session nor its agent", async (t) => {
  const { url, simulator } = await started(t);
  const { control } = simulator;
  const mover = await signedInDevice(url, { sub: "user-1", sid: "device-1" }, { agentId: "20001" });
  const held = control.addFault({ kind: "hold", worked: true, on: "forcelogin", times: 1 });
  const other = new Device(url, { sub: "user-2" }).signIn({ agentId: "20001", force: true }).then((answer) => answer);
  await until(() => control.state().calls.forcelogin === 1);
  const leaving = mover.delete("/session").then((answer) => answer);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await mover.signIn({ agentId: "20002" })).status, 201);
  held.clear();
  await other;
  assert.equal((await leaving).status, 204);
  assert.equal((await mover.get("/session")).body.agentId, "20002");
  assert.equal(control.agent("20001").signedIn, true, "user-2's sign-in goes on");
});

test("two agents signed in at once with one token leave one session, and the other agent signed out", async (t) => {
  const { url, simulator } = await started(t);
  const { control } = simulator;
  for (let round = 0; round < 5; round++) {
    const device = new Device(url, { sub: "user-1", sid: `device-${round}` });
    const answers = await Promise.all(["20001", "20002"].map((agentId) => device.signIn({ agentId })));
    assert.ok(answers.every(({ status }) => status === 201));
    const { agentId } = (await device.get("/session")).body as { agentId: string };
    const left = agentId === "20001" ? "20002" : "20001";
    await until(() => !control.agent(left).signedIn);
    assert.equal(control.agent(agentId).signedIn, true);
    assert.equal((await device.delete("/session")).status, 204);
    assertProblem(await device.get("/session"), 401, "session-not-found");
  }
});
