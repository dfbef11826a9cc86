import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { FastForward } from "../support/fast-forward.ts";
import { startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

const intervalMs = 60;

const open = (url: string, { token }: Device, path = "/conferences/stream"): Promise<EventStreamReader> =>
  EventStreamReader.open(`${url}${path}`, { authorization: `Bearer ${token}` });

const idsOf = (data: unknown): string[] => (data as { conferences: { id: string }[] }).conferences.map(({ id }) => id);

describe("the stream of conferences", async () => {
  const clock = new FastForward();
  const pair = await startPair({
    simulator: { pollHoldMs: 300 },
    environment: {
      CONFERENCE_STREAM_INTERVAL_MS: String(intervalMs),
      GATEWAY_TIMEOUT_MS: "3000",
      SESSION_IDLE_MS: "60000",
    },
    clock,
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
    assert.equal(stream.headers["cache-control"], "no-store, no-transform");
    assert.equal(stream.headers["x-accel-buffering"], "no");
    const began = performance.now();
    const first = await stream.next();
    assert.ok(first.at - began < 1_000);
    assert.equal(first.event, "conferences");
    assert.deepEqual(first.data, list.body);
    assert.match(first.id ?? "", /^[\w-]+$/);
    assert.equal(first.retry, 2_000, "how long to wait before coming back is said with it");
    stream.close();
  });

  test("says right after each list that it is alive, as of when the list is, and how often it is asked for", async () => {
    const stream = await open(pair.url, device);
    await stream.next("conferences");
    const alive = async () => (await stream.nextAlive()).data as { at: string; asOf: string; intervalMs: number };
    const first = await alive();
    assert.deepEqual(Object.keys(first), ["at", "asOf", "intervalMs"]);
    assert.equal(first.intervalMs, intervalMs);
    const { id } = control.startConference({});
    await stream.next("conferences");
    const second = await alive();
    for (const { at, asOf } of [first, second]) {
      assert.equal(new Date(at).toISOString(), at);
      assert.equal(new Date(asOf).toISOString(), asOf);
      assert.ok(asOf <= at && Date.parse(at) - Date.parse(asOf) < 1_000, `${asOf} ${at}`);
    }
    assert.ok(second.asOf > first.asOf);
    control.endConference(id);
    await stream.next("conferences");
    const late = await open(pair.url, device);
    await late.next("conferences");
    assert.equal(((await late.nextAlive()).data as { intervalMs: number }).intervalMs, intervalMs);
    for (const one of [stream, late]) {
      assert.deepEqual(one.others, [], "no block without data");
      one.close();
    }
  });

  test("is alive at least every 5 s also while nothing changes", async () => {
    const stream = await open(pair.url, device);
    await stream.next("conferences");
    const first = await stream.nextAlive();
    const { queryvdnconfid: asked } = control.state().calls;
    // The next question is asked when the one before it has been answered.
    await until(() => control.state().calls.queryvdnconfid >= asked + 2);
    clock.forward(4_750);
    const quiet = await stream.nextAlive();
    const asOf = ({ data }: typeof first) => (data as { asOf: string }).asOf;
    assert.ok(asOf(quiet) > asOf(first), "the gateway has confirmed it meanwhile");
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
    const asked = () => control.state().calls.queryvdnconfid;
    const began = performance.now();
    await until(() => asked() >= 4);
    const rounds = (performance.now() - began) / intervalMs;
    assert.ok(asked() <= rounds + 2, `${asked()} calls in ${rounds} rounds`);
    for (const stream of streams) stream.close();
    await until(
      async () => {
        control.clearCounters();
        await wait(intervalMs * 3);
        return asked() === 0;
      },
      5_000,
      () => "it goes on asking when nobody listens",
    );
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
    const hang = control.addFault({ kind: "hang", on: "queryvdnconfid" });
    await until(() => hang.played > 0);
    clock.forward(3_000);
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
    const exp = Math.floor(clock.wall() / 1_000) + 20;
    const stream = await open(pair.url, new Device(pair.url, { ...claims, exp }));
    await stream.next("conferences");
    clock.forward(exp * 1_000 - clock.wall() - 5_000);
    await stream.nextAlive();
    assert.equal(stream.ended, false);
    clock.forward(5_000);
    const last = await stream.next("token-expired");
    assert.deepEqual(last.data, {});
    await stream.untilEnd();
    const fresh = await open(pair.url, new Device(pair.url, { ...claims, exp: exp + 3_600 }));
    await fresh.next("conferences");
    fresh.close();
  });

  test("counts as use of the session, which outlives its idle time", async () => {
    const [listening, idle] = [
      await signedInDevice(pair.url, { sub: "stream-user" }),
      await signedInDevice(pair.url, { sub: "stream-user" }),
    ];
    const stream = await open(pair.url, listening);
    await stream.next("conferences");
    // Streams look each quarter of the idle time whether their session lives, which is the use.
    for (let passed = 0; passed < 70_000; passed += 14_000) {
      clock.forward(14_000);
      await stream.nextAlive();
    }
    assert.equal(stream.ended, false);
    assert.equal((await listening.get("/session")).status, 200);
    assertProblem(await idle.get("/session"), 401, "session-not-found");
    stream.close();
  });

  test("a session has 32 streams of both kinds, and one more takes the place of the oldest", async () => {
    const streams: EventStreamReader[] = [];
    for (let count = 0; count < 32; count++) {
      streams.push(await open(pair.url, device, count % 2 === 0 ? "/conferences/stream" : "/session/events"));
    }
    assert.ok(streams.every(({ status }) => status === 200));
    const other = await open(pair.url, await signedInDevice(pair.url, { sub: "stream-user", sid: "not-counted" }));
    for (const path of ["/conferences/stream", "/session/events"]) {
      const next = await open(pair.url, device, path);
      assert.equal(next.status, 200);
      const oldest = streams.shift();
      const { data, retry } = (await oldest?.next("replaced")) ?? {};
      assert.deepEqual([data, retry], [{}, 600_000]);
      await oldest?.untilEnd();
      assert.deepEqual(oldest?.others, []);
      streams.push(next);
    }
    assert.ok([...streams, other].every(({ ended }) => !ended));
    streams.shift()?.close();
    await wait(50);
    streams.push(await open(pair.url, device));
    await wait(50);
    assert.ok(
      streams.every(({ ended }) => !ended),
      "a place that was given back is free",
    );
    for (const stream of [...streams, other]) stream.close();
  });

  test("HEAD is answered with the head alone, and takes no place", async () => {
    const stream = await open(pair.url, device);
    for (let count = 0; count < 40; count++) {
      const path = count % 2 === 0 ? "/conferences/stream" : "/session/events";
      const head = await EventStreamReader.open(
        `${pair.url}${path}`,
        { authorization: `Bearer ${device.token}` },
        "HEAD",
      );
      assert.equal(head.status, 200);
      assert.equal(head.headers["content-type"], "text/event-stream; charset=utf-8");
      await head.untilEnd(1_000);
      assert.equal(head.text, "");
    }
    assert.equal(stream.ended, false);
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
  const last = stream.received.at(-1);
  assert.deepEqual([last?.event, last?.data], ["instance-ending", {}], "the session has not ended");
  assert.ok((last?.retry ?? 0) >= 500 && (last?.retry ?? 0) <= 5_000, `${last?.retry}`);
  assert.deepEqual(stream.others, []);
  await closing;
});
