import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { FastForward } from "../support/fast-forward.ts";
import { startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

describe("the life of a session", { concurrency: true }, () => {
  const start = async (context: TestContext, environment: Readonly<Record<string, string>>) => {
    const clock = new FastForward();
    // To a gateway, whose time is not forwarded, polls at their right pace come hastily.
    const pair = await startPair({ simulator: { pollHoldMs: 200, hastyPollMs: 0 }, environment, clock });
    context.after(() => pair.close());
    return { ...pair, clock };
  };

  test("ends when it is idle for too long, and use moves that end on", async (context) => {
    const pair = await start(context, { SESSION_IDLE_MS: "60000" });
    const device = await signedInDevice(pair.url);
    const first = Date.parse((await device.get("/session")).body.expiresAt);
    for (let round = 0; round < 5; round++) {
      pair.clock.forward(20_000);
      assert.equal((await device.get("/conferences")).status, 200, `round ${round}`);
    }
    const moved = Date.parse((await device.get("/session")).body.expiresAt);
    assert.ok(moved > first);
    pair.clock.forward(moved - pair.clock.wall());
    assertProblem(await device.get("/conferences"), 401, "session-not-found");
    await until(
      () => !pair.simulator.control.agent("1201").signedIn,
      10_000,
      () => "the agent is signed out as well",
    );
    assert.deepEqual(pair.simulator.control.violations().recent, []);
  });

  test("ends by time while the polls fail, and the agent is signed out", async (context) => {
    const pair = await start(context, { SESSION_IDLE_MS: "60000" });
    const { control } = pair.simulator;
    await signedInDevice(pair.url);
    const broken = control.addFault({ kind: "status", status: 500, on: "poll" });
    await until(() => broken.played > 0);
    assert.equal(control.agent("1201").signedIn, true);
    pair.clock.forward(60_000);
    await until(() => !control.agent("1201").signedIn);
    assert.equal(control.state().counters.signOuts, 1);
  });

  test("ends at its greatest age, used or not, with its streams", async (context) => {
    const pair = await start(context, { SESSION_MAX_MS: "60000", SESSION_IDLE_MS: "60000" });
    const device = await signedInDevice(pair.url);
    const expiresAt = Date.parse((await device.get("/session")).body.expiresAt);
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${device.token}`,
    });
    while (pair.clock.wall() < expiresAt - 15_000) {
      pair.clock.forward(5_000);
      assert.equal((await device.get("/session")).status, 200);
    }
    pair.clock.forward(expiresAt - pair.clock.wall());
    assertProblem(await device.get("/session"), 401, "session-not-found");
    await stream.next("session-ended");
    assert.equal((await device.signIn()).status, 201, "the same token may sign in anew");
  });

  test("of an agent who is talking ends by time without ending the call, and signs out after it", async (context) => {
    const pair = await start(context, { SESSION_IDLE_MS: "60000" });
    const { control } = pair.simulator;
    const device = await signedInDevice(pair.url, {}, { agentId: "1209" });
    pair.clock.forward(60_000);
    assertProblem(await device.get("/session"), 401, "session-not-found");
    const { poll } = control.state().calls;
    // Past the next look at what is over, which tries to sign the agent out.
    pair.clock.forward(15_000);
    await until(() => control.state().calls.poll >= poll + 2);
    assert.equal(control.agent("1209").signedIn, true);
    control.putAgent("1209", { talking: false });
    await until(
      () => {
        pair.clock.forward(1_000);
        return !control.agent("1209").signedIn;
      },
      10_000,
      () => "signed out after the call",
    );
    const { forcelogout } = control.state().calls;
    assert.equal(forcelogout, 0);
  });

  test("belongs to its issuer and subject, whatever a token calls itself", async (context) => {
    const pair = await start(context, {});
    const device = await signedInDevice(pair.url, { sub: "user-1", sid: "device-1" });
    const other = new Device(pair.url, { sub: "user-2", sid: "device-1" });
    for (const path of ["/session", "/conferences", "/conferences/355840", "/conferences/stream", "/session/events"]) {
      assertProblem(await other.get(path), 401, "session-not-found");
    }
    assertProblem(await other.delete("/session"), 401, "session-not-found");
    assertProblem(await other.signIn(), 401, "session-not-found");
    assertProblem(await other.signIn({ force: true }), 401, "session-not-found");
    assertProblem(await other.signIn({ agentId: "1204" }), 401, "session-not-found");
    assert.equal((await device.get("/conferences")).status, 200, "nothing of it touched the session");
    for (const sid of ["DEVICE-1", "device-1 ", "device-"]) {
      assertProblem(await new Device(pair.url, { sub: "user-1", sid }).get("/session"), 401, "session-not-found");
    }
    assertProblem(
      await new Device(pair.url, { sub: "user-1", sid: undefined }).get("/session"),
      401,
      "session-not-found",
    );
    assert.equal(pair.simulator.control.state().calls["sign-in"], 1);
    assert.equal(pair.simulator.control.state().calls.forcelogin, 0);
  });
});
