import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { type RedisServer, startRedis } from "../../scripts/fleet/redis.ts";
import { startSimulator } from "../../simulator/index.ts";
import { Device } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startPair, startTestService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { paths, RecordedSpans } from "./recorded-spans.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENTS_SPAN = "b7ad6b7169203331";
const traceparent = `00-${TRACE}-${CLIENTS_SPAN}-01`;

describe("with the SDK of OpenTelemetry loaded", () => {
  const spans = new RecordedSpans();
  before(() => spans.begin());
  afterEach(() => spans.forget());
  after(() => spans.end());

  test("a sign-in of a client that has a trace is one connected trace, down to store and gateway", async (t) => {
    const { url, logged, close } = await startPair();
    t.after(close);
    const device = new Device(url);
    const answer = await device.signIn().set("traceparent", traceparent);
    assert.equal(answer.status, 201);
    await until(() => spans.of(TRACE).some(({ name }) => name === "POST /session"));

    const seen = paths(spans.of(TRACE), CLIENTS_SPAN);
    for (const expected of [
      "POST /session",
      "POST /session > sign-in",
      "POST /session > sign-in > gateway sign-in",
      "POST /session > sign-in > store createAgent",
      "POST /session > sign-in > store bindSession",
    ])
      assert.ok(seen.includes(expected), `${expected} in ${seen.join("\n")}`);
    assert.deepEqual(
      seen.filter((path) => path.startsWith("?") || path.includes("poll")),
      [],
    );

    const line = logged
      .map((text) => JSON.parse(text))
      .find(({ msg, route }) => msg === "request" && route === "/session");
    assert.equal(line.traceId, TRACE);
  });

  test("a request without one begins a trace; the calls that it makes are in it, and a failure names its problem alone", async (t) => {
    const { url, simulator, close } = await startPair();
    t.after(close);
    const device = new Device(url);
    await device.signIn().expect(201);
    spans.forget();
    await device.get("/conferences").expect(200);
    simulator.control.addFault({ kind: "retcode", on: "queryvdnconfid", retcode: "999-123" });
    await device.get("/conferences").expect(502);
    await until(() => spans.all.filter(({ name }) => name === "GET /conferences").length === 2);

    const requests = spans.all.filter(({ name }) => name === "GET /conferences");
    for (const one of requests) {
      assert.equal(one.parentSpanContext, undefined);
      assert.ok(paths(spans.of(one.spanContext().traceId), "").includes("GET /conferences > gateway conference-ids"));
    }
    assert.deepEqual(
      requests.map(({ attributes }) => [attributes["http.response.status_code"], attributes["error.type"]]),
      [
        [200, undefined],
        [502, "gateway-error"],
      ],
    );
    assert.equal(requests[1]?.status.code, 2);
    assert.equal(requests[1]?.status.message, undefined);
  });

  test("a client that says not to record is taken at its word", async (t) => {
    const { url, close } = await startPair();
    t.after(close);
    await new Device(url).signIn().set("traceparent", `00-${TRACE}-${CLIENTS_SPAN}-00`).expect(201);
    assert.deepEqual(spans.of(TRACE), []);
  });

  test("the gateway sees the trace where it is told to, and no baggage", async (t) => {
    for (const told of ["on", "off"]) {
      const simulator = await startSimulator();
      const seen: IncomingHttpHeaders[] = [];
      const between = await recordingProxy(simulator.url, seen);
      const { url, close } = await startTestService(between.url, { environment: { GATEWAY_TRACEPARENT: told } });
      t.after(async () => {
        await close();
        between.server.close().closeAllConnections();
        await simulator.close();
      });
      const device = new Device(url);
      await device.signIn().set("traceparent", traceparent).set("baggage", "who=somebody").expect(201);
      await device.get("/conferences").expect(200);
      await until(() => seen.some(({ traceparent }) => traceparent?.includes(TRACE)) === (told === "on"));
      assert.equal(
        seen.some((headers) => "traceparent" in headers),
        told === "on",
      );
      assert.ok(seen.every((headers) => !("baggage" in headers)));
    }
  });

  describe("on two instances", () => {
    let redis: RedisServer;
    beforeEach(async () => {
      redis = await startRedis();
    });
    afterEach(() => redis.close());

    test("an event on a stream names the poll that brought it, which is a trace of its own and no part of the sign-in", async (t) => {
      const environment = { SESSION_STORE_URL: redis.url, SESSION_KEYS: Buffer.alloc(32, 7).toString("base64") };
      const polling = await startPair({ environment });
      t.after(polling.close);
      const streaming = await startTestService(polling.simulator.url, { environment });
      t.after(streaming.close);
      const device = new Device(polling.url);
      await device.signIn().set("traceparent", traceparent).expect(201);
      const stream = await EventStreamReader.open(`${streaming.url}/session/events`, {
        authorization: `Bearer ${device.token}`,
      });
      t.after(() => stream.close());
      await until(() => stream.received.some(({ event }) => event === "state"));
      polling.simulator.control.sendEvent("1201", "AgentOther_InService");
      await until(() => stream.received.some(({ event }) => event === "gateway-event"));
      await until(() => spans.all.some(({ name }) => name === "event"));

      const [event] = spans.all.filter(({ name }) => name === "event");
      const link = event?.links[0]?.context;
      assert.ok(event !== undefined && link !== undefined);
      await until(() => spans.all.some((span) => span.spanContext().spanId === link.spanId));
      const [poll] = spans.all.filter((span) => span.spanContext().spanId === link.spanId);
      assert.equal(poll?.name, "poll");
      assert.equal(poll.parentSpanContext, undefined);
      assert.notEqual(link.traceId, TRACE);
      assert.deepEqual(
        ["poll > gateway poll-event", "poll > store appendEvent"].filter(
          (path) => !paths(spans.of(link.traceId), "").includes(path),
        ),
        [],
      );
      assert.deepEqual(Object.keys(stream.received.at(-1)?.data as object), ["type", "at", "content"]);
      // The event is a part of the request that the stream is.
      stream.close();
      await until(() => spans.all.some(({ name }) => name === "GET /session/events"));
      const [request] = spans.all.filter(({ name }) => name === "GET /session/events");
      assert.equal(event.parentSpanContext?.spanId, request?.spanContext().spanId);
    });
  });
});

test("without the SDK nothing is followed: no line has a trace, and a client's goes no further", async (t) => {
  const simulator = await startSimulator();
  const seen: IncomingHttpHeaders[] = [];
  const between = await recordingProxy(simulator.url, seen);
  const { url, logged, close } = await startTestService(between.url, { environment: { GATEWAY_TRACEPARENT: "on" } });
  t.after(async () => {
    await close();
    between.server.close().closeAllConnections();
    await simulator.close();
  });
  await new Device(url).signIn().set("traceparent", traceparent).expect(201);
  await until(() => logged.some((text) => text.includes('"route":"/session"')));
  assert.ok(logged.every((text) => !text.includes("traceId") && !text.includes(TRACE)));
  assert.ok(seen.length > 0 && seen.every((headers) => !("traceparent" in headers)));
});

/** Passes everything on, and keeps the head of each request. */
async function recordingProxy(to: string, seen: IncomingHttpHeaders[]): Promise<{ url: string; server: Server }> {
  const target = new URL(to);
  const server = createServer((incoming, outgoing) => {
    seen.push(incoming.headers);
    const passed = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return { url: `http://127.0.0.1:${address.port}${target.pathname}`, server };
}
