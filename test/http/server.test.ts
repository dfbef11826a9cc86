import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request from "supertest";
import { signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

describe("the end of a service", () => {
  test("answers what is under way, and then takes no connection", async (context) => {
    const pair = await startPair({ simulator: { pollHoldMs: 200 } });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    pair.simulator.control.addFault({ kind: "delay", delayMs: 600, on: "queryvdnconfid" });
    const under = device.get("/conferences").then((answer) => answer);
    await until(() => pair.simulator.control.state().calls.queryvdnconfid === 1);
    const closed = pair.service.close();
    const answer = await under;
    assert.equal(answer.status, 200);
    assert.equal(answer.body.conferences.length, 3);
    await closed;
    await assert.rejects(request(pair.url).get("/livez"), /ECONNREFUSED/);
  });

  test("does not wait for connections that are only kept", async (context) => {
    const pair = await startPair({ simulator: { pollHoldMs: 200 } });
    context.after(() => pair.close());
    const connections = await Promise.all([1, 2, 3].map(() => openRawConnection(pair.url)));
    for (const connection of connections.slice(1)) connection.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => connections.slice(1).every((connection) => connection.received().includes('"ok"')));
    const began = performance.now();
    await pair.service.close();
    assert.ok(performance.now() - began < 1_500);
    for (const connection of connections) assert.equal(await connection.closedWithin(500), true);
  });

  test("comes within the grace, whatever hangs", async (context) => {
    const pair = await startPair({
      simulator: { pollHoldMs: 60_000 },
      environment: { SHUTDOWN_GRACE_MS: "1500", GATEWAY_TIMEOUT_MS: "20000" },
    });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${device.token}`,
    });
    pair.simulator.control.addFault({ kind: "hang", on: "queryvdnconfid" });
    const hanging = device.get("/conferences").then(
      ({ status }) => status,
      () => "cut off",
    );
    await wait(50);
    const began = performance.now();
    await pair.service.close();
    assert.ok(performance.now() - began < 2_000);
    assert.ok(["cut off", 502, 503, 504].includes(await hanging));
    await stream.untilEnd();
  });
});
