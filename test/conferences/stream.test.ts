import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startPair } from "../support/service.ts";

const intervalMs = 60;

const open = (url: string, { token }: Device, path = "/conferences/stream"): Promise<EventStreamReader> =>
  EventStreamReader.open(`${url}${path}`, { authorization: `Bearer ${token}` });

const idsOf = (data: unknown): string[] => (data as { conferences: { id: string }[] }).conferences.map(({ id }) => id);

describe("the stream of conferences", async () => {
  const pair = await startPair({
    simulator: { pollHoldMs: 300 },
    environment: {
      CONFERENCE_STREAM_INTERVAL_MS: String(intervalMs),
      GATEWAY_TIMEOUT_MS: "400",
      SESSION_IDLE_MS: "2500",
    },
  });
  const { control } = pair.simulator;
  const device = await signedInDevice(pair.url, { sub: "stream-user", sid: "stream-device" });
  beforeEach(async () => {
    control.clearFaults();
    await device.signIn();
  });
  after(() => pair.close());

  test("says the list at once, with an id, as an event stream that no proxy may hold back", async () => {
    const list = await device.get("/conferences");
    const stream = await open(pair.url, device);
    assert.equal(stream.status, 200);
    assert.match(stream.headers["content-type"] ?? "", /^text\/event-stream/);
    assert.match(stream.headers["cache-control"] ?? "", /no-store|no-cache/);
    assert.equal(stream.headers["x-accel-buffering"], "no");
    const began = performance.now();
    const first = await stream.next();
    assert.ok(first.at - began < 1_000);
    assert.equal(first.event, "conferences");
    assert.deepEqual(first.data, list.body);
    assert.match(first.id ?? "", /^[\w-]+$/);
    stream.close();
  });

  test("says it again only when it has changed", async () => {
    const stream = await open(pair.url, device);
    const first = await stream.next("conferences");
    await wait(intervalMs * 4);
    assert.equal(stream.received.length, 1, "nothing new, nothing said");
    const { id } = control.startConference({});
    const second = await stream.next("conferences");
    assert.deepEqual(idsOf(second.data), [...idsOf(first.data), id]);
    assert.notEqual(second.id, first.id);
    control.endConference(id);
    const third = await stream.next("conferences");
    assert.deepEqual([third.id, idsOf(third.data)], [first.id, idsOf(first.data)]);
    stream.close();
  });

  test("with expand=details says the details, and notices their changes", async () => {
    const { id } = control.startConference({ participants: [{ address: "70100", kind: "phone" }] });
    const [stream, plain] = [
      await open(pair.url, device, "/conferences/stream?expand=details"),
      await open(pair.url, device),
    ];
    const first = await stream.next("conferences");
    await plain.next("conferences");
    assert.equal(
      (first.data as { conferences: { participants: unknown[] }[] }).conferences.at(-1)?.participants.length,
      1,
    );
    control.changeParticipant(id, "70100", { audio: 1 });
    const second = await stream.next("conferences");
    assert.match(JSON.stringify(second.data), /"address":"70100","role":"chair","audio":"listen"/);
    await wait(intervalMs * 2);
    assert.equal(plain.received.length, 1, "the plain list is the same");
    control.endConference(id);
    for (const one of [stream, plain]) one.close();
  });

  test("takes no other expand than `details`", async () => {
    assertProblem(await device.get("/conferences/stream?expand=all"), 400, "invalid-request");
  });

  test("asks the gateway once for all who listen", async () => {
    const streams = await Promise.all([1, 2, 3, 4].map(() => open(pair.url, device)));
    for (const stream of streams) await stream.next("conferences");
    control.clearCounters();
    await wait(intervalMs * 6);
    const asked = control.state().calls.queryvdnconfid;
    assert.ok(asked >= 2 && asked <= 7, `${asked} calls in six rounds`);
    for (const stream of streams) stream.close();
    await wait(intervalMs * 3);
    control.clearCounters();
    await wait(intervalMs * 3);
    assert.equal(control.state().calls.queryvdnconfid, 0, "and none when nobody listens");
  });

  test("says a failure of the gateway once, stays open, and goes on with the list", async () => {
    const stream = await open(pair.url, device);
    const first = await stream.next("conferences");
    control.addFault({ kind: "retcode", retcode: "100-007", on: "queryvdnconfid" });
    const problem = await stream.next();
    assert.equal(problem.event, "problem");
    const { requestId, ...body } = problem.data as Record<string, unknown>;
    assert.deepEqual(body, {
      type: "/problems/gateway-error",
      title: "The gateway reported an error",
      status: 502,
      detail: "The gateway reported an error.",
      code: "gateway-error",
      retcode: "100-007",
    });
    assert.equal(requestId, stream.headers["x-request-id"]);
    await wait(intervalMs * 4);
    assert.equal(stream.received.length, 2, "said once");

    const late = await open(pair.url, device);
    assert.equal((await late.next()).event, "problem", "who comes in the middle of it hears of it at once");
    late.close();

    control.clearFaults();
    const recovered = await stream.next();
    assert.deepEqual([recovered.event, recovered.id], ["conferences", first.id]);
    stream.close();
  });

  test("says another kind of failure as one of its own", async () => {
    const stream = await open(pair.url, device);
    await stream.next("conferences");
    control.addFault({ kind: "hang", on: "queryvdnconfid" });
    assert.equal(((await stream.next("problem")).data as { code: string }).code, "gateway-timeout");
    control.clearFaults();
    control.addFault({ kind: "html", on: "queryvdnconfid" });
    assert.equal(((await stream.next("problem")).data as { code: string }).code, "gateway-bad-response");
    control.clearFaults();
    await stream.next("conferences");
    stream.close();
  });

  test("ends with session-ended when its session ends, and with no other's", async () => {
    const other = await signedInDevice(pair.url, { sub: "stream-user", sid: "stream-other" });
    const [mine, theirs] = [await open(pair.url, device), await open(pair.url, other)];
    assert.equal((await other.delete("/session")).status, 204);
    assert.deepEqual((await theirs.next("session-ended")).data, { reason: "signed-out" });
    await theirs.untilEnd();
    await mine.next("conferences");
    assert.equal(mine.ended, false);
    mine.close();
  });

  test("ends when the gateway signs the agent out", async () => {
    const other = await signedInDevice(pair.url, { sub: "stream-kicked" }, { agentId: "1204" });
    const stream = await open(pair.url, other);
    await stream.next("conferences");
    control.kick("1204");
    await stream.next("session-ended");
    await stream.untilEnd();
    assertProblem(await other.get("/conferences"), 401, "session-not-found");
  });

  test("ends with token-expired at the token's exp, and a fresh token goes on", async () => {
    const claims = { sub: "stream-user", sid: "stream-device" };
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const stream = await open(pair.url, new Device(pair.url, { ...claims, exp }));
    await stream.next("conferences");
    const last = await stream.next("token-expired");
    assert.ok(Date.now() >= exp * 1_000 - 50);
    assert.deepEqual(last.data, {});
    await stream.untilEnd();
    const fresh = await open(pair.url, new Device(pair.url, claims));
    await fresh.next("conferences");
    fresh.close();
  });

  test("counts as use of the session, which outlives its idle time", async () => {
    const [listening, idle] = [
      await signedInDevice(pair.url, { sub: "stream-user" }),
      await signedInDevice(pair.url, { sub: "stream-user" }),
    ];
    const stream = await open(pair.url, listening);
    await wait(3_300);
    assert.equal(stream.ended, false);
    assert.equal((await listening.get("/session")).status, 200);
    assertProblem(await idle.get("/session"), 401, "session-not-found");
    stream.close();
  });

  test("a session has eight streams at most, and gets a place back when one closes", async () => {
    const streams = await Promise.all(Array.from({ length: 8 }, () => open(pair.url, device)));
    assert.ok(streams.every(({ status }) => status === 200));
    assertProblem(await device.get("/conferences/stream"), 429, "rate-limited");
    assertProblem(await device.get("/session/events"), 429, "rate-limited");
    streams.shift()?.close();
    await wait(50);
    const next = await open(pair.url, device);
    assert.equal(next.status, 200);
    for (const stream of [...streams, next]) stream.close();
  });

  test("HEAD is answered with the head alone, and takes no place", async () => {
    for (let count = 0; count < 10; count++) {
      const head = await EventStreamReader.open(
        `${pair.url}/conferences/stream`,
        { authorization: `Bearer ${device.token}` },
        "HEAD",
      );
      assert.equal(head.status, 200);
      await head.untilEnd(1_000);
    }
    const stream = await open(pair.url, device);
    assert.equal(stream.status, 200);
    stream.close();
  });
});

test("a stream tells its client to come back when the process ends", async () => {
  const pair = await startPair({ simulator: { pollHoldMs: 300 } });
  const device = await signedInDevice(pair.url);
  const stream = await open(pair.url, device);
  await stream.next("conferences");
  const closing = pair.close();
  await stream.untilEnd();
  assert.match(stream.others.at(-1) ?? "", /^retry: \d+$/);
  assert.equal(stream.received.at(-1)?.event, "conferences", "the session has not ended");
  await closing;
});
