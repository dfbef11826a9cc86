import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request from "supertest";
import { startSimulator } from "../../simulator/index.ts";
import { assertProblem, Device, signedInDevice, signInBody } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startFaultyService } from "../support/faulty-store.ts";
import { startPair } from "../support/service.ts";

describe("signing out", async () => {
  const pair = await startPair({
    simulator: { pollHoldMs: 200 },
    environment: { GATEWAY_TIMEOUT_MS: "800" },
  });
  const { control } = pair.simulator;
  beforeEach(() => control.clearCounters());
  afterEach(() => {
    control.clearFaults();
    assert.deepEqual(control.violations().recent, []);
  });
  after(() => pair.close());

  test("of the last device signs the agent out at the gateway, once", async () => {
    const device = await signedInDevice(pair.url);
    const answer = await device.delete("/session");
    assert.deepEqual([answer.status, answer.text], [204, ""]);
    assert.equal(control.agent("1201").signedIn, false);
    assert.equal(control.state().calls.logout, 1);
    for (const path of ["/session", "/conferences"]) {
      assertProblem(await device.get(path), 401, "session-not-found");
    }
    assertProblem(await device.delete("/session"), 401, "session-not-found");
  });

  test("of a device that is not the last one leaves the agent signed in", async () => {
    const [phone, tablet] = [await signedInDevice(pair.url), await signedInDevice(pair.url)];
    assert.equal((await phone.delete("/session")).status, 204);
    assert.equal(control.state().calls.logout, 0);
    assertProblem(await phone.get("/session"), 401, "session-not-found");
    assert.equal((await tablet.get("/conferences")).status, 200);
    assert.equal((await tablet.delete("/session")).status, 204);
    assert.equal(control.agent("1201").signedIn, false);
  });

  test("of an agent who is talking is 409, and nothing changes", async () => {
    const device = await signedInDevice(pair.url, {}, { agentId: "1209" });
    const answer = await device.delete("/session");
    assertProblem(answer, 409, "agent-busy");
    assert.equal(answer.body.retcode, "100-010");
    assert.equal(answer.headers["set-cookie"], undefined);
    assert.equal((await device.get("/session")).body.state, "active");
    assert.equal((await device.get("/conferences")).status, 200);
    assertProblem(await device.delete("/session?force=false"), 409, "agent-busy");
    assert.equal(control.agent("1209").signedIn, true);

    assert.equal((await device.delete("/session?force=true")).status, 204);
    assert.equal(control.state().calls.forcelogout, 1);
    assert.equal(control.agent("1209").signedIn, false);
    assertProblem(await device.get("/session"), 401, "session-not-found");
    control.putAgent("1209", { talking: true });
  });

  test("of a device that is not the last one goes while the agent is talking", async () => {
    const fields = { agentId: "1209" };
    const [phone, tablet] = [await signedInDevice(pair.url, {}, fields), await signedInDevice(pair.url, {}, fields)];
    assert.equal((await phone.delete("/session")).status, 204);
    assert.equal((await tablet.get("/session")).status, 200);
    assert.equal((await tablet.delete("/session?force=true")).status, 204);
    control.putAgent("1209", { talking: true });
  });

  test("force is `true` or `false`, once", async () => {
    const device = await signedInDevice(pair.url);
    for (const query of ["force=1", "force=", "force=TRUE", "force=true&force=true"]) {
      const answer = await device.delete(`/session?${query}`);
      assertProblem(answer, 400, "invalid-request");
      assert.equal(answer.body.errors[0].path, "query.force");
    }
    assert.equal((await device.delete("/session")).status, 204);
  });

  test("works while the gateway does not answer, whatever way it fails", async () => {
    for (const kind of ["hang", "reset", "html", "status", "empty"] as const) {
      control.addFault({ kind, on: ["logout", "forcelogout"] });
      const device = await signedInDevice(pair.url, { sub: `user-${kind}` }, { agentId: "1204", force: true });
      const began = performance.now();
      assert.equal((await device.delete("/session")).status, 204, kind);
      assert.ok(performance.now() - began < 2_000, kind);
      assertProblem(await device.get("/session"), 401, "session-not-found");
      control.clearFaults();
    }
    control.clearCounters();
    await wait(600);
    assert.equal(control.state().calls.poll, 0, "polling has stopped");
    const device = await signedInDevice(pair.url, {}, { agentId: "1204", force: true });
    assert.equal((await device.delete("/session")).status, 204);
  });

  test("works when the agent is out already", async () => {
    for (const retcode of ["100-006", "100-008"]) {
      control.addFault({ kind: "retcode", retcode, on: "logout", times: 1 });
      const device = await signedInDevice(pair.url, {}, { force: true });
      assert.equal((await device.delete("/session")).status, 204, retcode);
      assertProblem(await device.get("/session"), 401, "session-not-found");
    }
    control.kick("1201");
  });

  test("that meets a rotation goes through with the newer Guid", async () => {
    control.configure({ guidOverlapMs: 0 });
    try {
      const device = await signedInDevice(pair.url);
      await wait(50);
      control.rotate("1201");
      assert.equal((await device.delete("/session")).status, 204);
      assert.equal(control.agent("1201").signedIn, false);
    } finally {
      control.configure({ guidOverlapMs: 60_000 });
      control.clearCounters();
    }
  });

  test("ends the streams of this device", async () => {
    const device = await signedInDevice(pair.url);
    const headers = { authorization: `Bearer ${device.token}` };
    const streams = [
      await EventStreamReader.open(`${pair.url}/conferences/stream`, headers),
      await EventStreamReader.open(`${pair.url}/session/events`, headers),
    ];
    assert.equal((await device.delete("/session")).status, 204);
    for (const stream of streams) {
      assert.deepEqual((await stream.next("session-ended")).data, { reason: "signed-out" });
      await stream.untilEnd();
    }
  });

  test("takes the cookie back from a browser", async () => {
    const asked = { "X-CSRF": "1", "Sec-Fetch-Site": "same-origin" };
    const body = signInBody({ agentId: "1204", delivery: "cookie" });
    const signedIn = await request(pair.url).post("/session").set(asked).send(body);
    const cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    assert.match(cookie, /^__Host-session=./);
    const answer = await request(pair.url).delete("/session").set(asked).set("Cookie", cookie);
    assert.equal(answer.status, 204);
    assert.match(answer.headers["set-cookie"]?.[0] ?? "", /^__Host-session=; Max-Age=0; Path=\/; Secure; HttpOnly/);
  });

  test("is not undone by a request that was under way", async () => {
    const device = await signedInDevice(pair.url);
    const guid = control.agent("1201").guid;
    control.addFault({ kind: "delay", delayMs: 250, worked: true, on: ["queryvdnconfid", "queryconfinfos"] });
    const slow = [device.get("/conferences").then(), device.get("/conferences/355840").then()];
    await wait(80);
    assert.equal((await device.delete("/session")).status, 204);
    for (const answer of await Promise.all(slow)) assert.ok([200, 401].includes(answer.status), String(answer.status));
    control.clearFaults();
    await wait(100);
    assertProblem(await device.get("/session"), 401, "session-not-found");
    assertProblem(await device.get("/conferences"), 401, "session-not-found");
    assert.notEqual(control.agent("1201").guid, guid);
    assert.equal(control.agent("1201").signedIn, false);
  });

  test("at once with a sign-in ends in one of the two orders", async () => {
    for (let round = 0; round < 5; round++) {
      const device = await signedInDevice(pair.url);
      const tablet = new Device(pair.url);
      const [out, joined] = await Promise.all([device.delete("/session"), tablet.signIn()]);
      assert.deepEqual([out.status, joined.status], [204, 201]);
      assert.equal((await tablet.get("/conferences")).status, 200);
      assert.equal((await tablet.delete("/session")).status, 204);
      assert.equal(control.agent("1201").signedIn, false);
    }
  });
});

describe("signing out while the store is away", async () => {
  const simulator = await startSimulator({ pollHoldMs: 200 });
  const service = await startFaultyService(simulator.url);
  after(async () => {
    await service.close();
    await simulator.close();
  });

  test("is 503, takes the cookie back all the same, and nothing is lost", async () => {
    const asked = { "X-CSRF": "1", "Sec-Fetch-Site": "same-origin" };
    const signedIn = await request(service.url)
      .post("/session")
      .set(asked)
      .send(signInBody({ delivery: "cookie" }));
    const cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    for (const operations of [[], ["acquireLease"], ["sessionsOfAgent"]] as const) {
      service.store.fail(...operations);
      const answer = await request(service.url).delete("/session").set(asked).set("Cookie", cookie);
      assertProblem(answer, 503, "session-store-unavailable");
      assert.match(answer.headers["set-cookie"]?.[0] ?? "", /^__Host-session=; Max-Age=0/);
      assertProblem(
        await request(service.url)
          .get("/conferences")
          .set("Cookie", operations.length === 0 ? cookie : "__Host-session=x"),
        operations.length === 0 ? 503 : 401,
        operations.length === 0 ? "session-store-unavailable" : "token-invalid",
      );
      service.store.recover();
      assert.equal((await request(service.url).get("/session").set("Cookie", cookie)).status, 200);
    }
  });
});
