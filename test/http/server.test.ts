import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import express from "express";
import request from "supertest";
import { freePort } from "../../scripts/fleet/ports.ts";
import { createHttpServer, listen, stopListening, tryAddress } from "../../src/http/server.ts";
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

  test("resets none of the connections that wait to be accepted, though there is no moment without one", async (context) => {
    const server = createHttpServer(express(), { request: () => undefined });
    context.after(() => server.close());
    const { port } = new URL(await listen(server, "127.0.0.1", 0));
    const accepted: Socket[] = [];
    server.on("connection", (socket) => accepted.push(socket));
    // All at once, and Node accepts one in each turn of its loop.
    const clients = Array.from({ length: 50 }, () => connect(Number(port), "127.0.0.1"));
    const broken: string[] = [];
    for (const client of clients) client.on("error", ({ message }) => broken.push(message));
    await stopListening(server, 0);
    await until(() => accepted.length + broken.length >= clients.length);
    assert.deepEqual(broken, []);
    await assert.rejects(once(connect(Number(port), "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
    for (const client of clients) client.destroy();
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

describe("an address that a start tries", () => {
  test("lets nobody connect meanwhile: who was accepted would be left without an answer", async () => {
    const port = await freePort();
    const tried = Array.from({ length: 20 }, () => tryAddress("127.0.0.1", port));
    const clients = Array.from({ length: 100 }, () => once(connect(port, "127.0.0.1"), "connect"));
    const outcomes = await Promise.allSettled(clients);
    await Promise.all(tried);
    assert.deepEqual(
      new Set(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code)),
      new Set(["ECONNREFUSED"]),
    );
  });

  test("is refused where it is taken, is not this machine's, or has no name here; and is not taken by that", async (context) => {
    const server = createServer();
    context.after(() => server.close());
    const { port } = new URL(await listen(server, "127.0.0.1", 0));
    for (const host of ["127.0.0.1", "0.0.0.0", "localhost"]) {
      await assert.rejects(tryAddress(host, Number(port)), { name: "CannotListen", message: /EADDRINUSE/ });
    }
    await assert.rejects(tryAddress("192.0.2.1", 3000), { name: "CannotListen", message: /EADDRNOTAVAIL/ });
    await assert.rejects(tryAddress("nowhere.invalid", 3000), { name: "CannotListen", message: /ENOTFOUND|EAI_AGAIN/ });
    const free = await freePort();
    for (const host of ["127.0.0.1", "0.0.0.0", "localhost"]) await tryAddress(host, free);
    await tryAddress("127.0.0.1", 0);
  });
});
