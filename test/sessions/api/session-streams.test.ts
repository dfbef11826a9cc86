import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Request, Response } from "express";
import { listen } from "../../../src/http/server.ts";
import { Problem } from "../../../src/problems.ts";
import type { SessionStream } from "../../../src/sessions/api/session-stream.ts";
import { SessionStreams } from "../../../src/sessions/api/session-streams.ts";
import type { Clock } from "../../../src/sessions/clock.ts";
import type { BoundSession, Sessions } from "../../../src/sessions/index.ts";
import type { AgentMessage } from "../../../src/sessions/stores/agent-messages.ts";
import { systemChance } from "../../../src/system-clock.ts";
import { EventStreamReader } from "../../support/event-stream.ts";
import { FastForward } from "../../support/fast-forward.ts";
import { aSessionId, aSubject } from "../../support/names.ts";
import { openRawConnection } from "../../support/raw-connection.ts";
import { until } from "../../support/until.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** Short, because it also says how often a stream looks whether its session lives. */
const idleMs = 2_000;

const bound = {
  session: { issuer: "app", sessionId: "device-1", subject: "user-1", agentId: "1201", bindingId: "b-1" },
  agent: { agentId: "1201" },
} as unknown as BoundSession;

/** Only what streams ask of sessions, and what a test may make of it. */
function fakeSessions(clock: Clock) {
  const listeners = new Set<(message: AgentMessage) => void>();
  const fake = {
    lives: true,
    away: false,
    /** Done while a stream subscribes: whatever happens at that moment. */
    over: null as "too-old" | "idle" | null,
    meanwhile: () => undefined as unknown,
    listeners,
    say: (message: AgentMessage) => {
      for (const listener of listeners) listener(message);
    },
    sessions: {
      clock,
      standing: async () => {
        if (fake.away) throw new Problem("session-store-unavailable");
        return fake.lives ? bound : (fake.over ?? "signed-out");
      },
      listen: async (_agentId: string, listener: (message: AgentMessage) => void) => {
        if (fake.away) throw new Problem("session-store-unavailable");
        listeners.add(listener);
        await fake.meanwhile();
        return () => void listeners.delete(listener);
      },
    } as unknown as Sessions,
  };
  return fake;
}

describe("a stream of events", () => {
  let server: Server;
  let url: string;
  let fake: ReturnType<typeof fakeSessions>;
  let streams: SessionStreams;
  let opened: SessionStream | undefined;
  let problem: unknown;
  let clock: FastForward;
  let expiresAt: number;

  before(async () => {
    server = createServer(async (request, response) => {
      const opening = { request: request as Request, response: response as Response, bound };
      const claims = {
        issuer: "app",
        subject: aSubject("user-1"),
        sessionId: aSessionId("device-1"),
        scopes: new Set<string>(),
      } as const;
      try {
        opened = await streams.open({ ...opening, claims: { ...claims, expiresAt } });
      } catch (error) {
        problem = error;
        response.writeHead(500).end("problem");
      }
    });
    url = await listen(server, "127.0.0.1", 0);
  });
  const standOn = (time: Clock): void => {
    streams?.close();
    fake = fakeSessions(time);
    streams = new SessionStreams({ sessions: fake.sessions, idleMs, now: () => time.wall(), chance: systemChance });
  };
  beforeEach(() => {
    clock = new FastForward();
    standOn(clock);
    opened = undefined;
    problem = undefined;
    expiresAt = Date.now() + 60_000;
  });
  after(() => {
    streams.close();
    server.closeAllConnections();
    server.close();
  });

  const open = async (): Promise<EventStreamReader> => EventStreamReader.open(url, {});
  const code = (): string => (problem instanceof Problem ? problem.code : String(problem));

  test("that has nothing to say is said to be alive every 5 s, and so is one that has much to say", async () => {
    const virtual = new VirtualClock();
    standOn(virtual);
    expiresAt = virtual.wall() + 60_000;
    const reader = await open();
    await until(() => opened !== undefined);
    for (let second = 1; second <= 20; second++) {
      if (second > 10) opened?.send({ event: "news", data: "{}" });
      await virtual.advance(1_000);
    }
    await until(() => reader.alive.length >= 4);
    const times = reader.alive.map(({ data }) => Date.parse((data as { at: string }).at));
    for (const [place, time] of times.slice(1).entries()) {
      const pause = time - (times[place] ?? 0);
      assert.ok(pause >= 3_500 && pause <= 5_000, `${pause} ms`);
    }
    assert.deepEqual(reader.others, []);
    reader.close();
  });

  test("says how long to wait before coming back in its first block, whatever that is", async () => {
    const reader = await open();
    await until(() => opened !== undefined);
    opened?.send({ event: "news", data: "{}" });
    opened?.send({ event: "more", data: "{}" });
    const [first, second] = [await reader.next("news"), await reader.next("more")];
    assert.deepEqual([first.retry, second.retry], [2_000, undefined]);
    reader.close();
  });

  test("that ends before it has said anything says only one `retry`", async () => {
    const reader = await open();
    streams.close();
    const { retry } = await reader.next("instance-ending");
    assert.equal(reader.text.match(/retry:/g)?.length, 1);
    assert.notEqual(retry, 2_000);
  });

  test("is not opened any more while the process ends", async () => {
    streams.close();
    const reader = await open();
    await reader.untilEnd();
    assert.deepEqual([reader.status, code()], [500, "instance-ending"]);
  });

  test("whose session has ended meanwhile is a problem, not an empty stream", async () => {
    fake.lives = false;
    const reader = await open();
    await reader.untilEnd();
    assert.deepEqual([reader.status, code()], [500, "session-not-found"]);
    assert.deepEqual([streams.size, fake.listeners.size], [0, 0]);
  });

  test("whose session ends while it is opened is a problem too", async () => {
    const key = { issuer: "app", sessionId: aSessionId("device-1"), bindingId: "b-1" } as const;
    fake.meanwhile = () => fake.say({ type: "session-ended", key, reason: "signed-out" });
    const reader = await open();
    await reader.untilEnd();
    assert.deepEqual([reader.status, code()], [500, "session-not-found"]);
    assert.equal(fake.listeners.size, 0);
  });

  test("is a problem while the store is away, and an open one stays", async () => {
    const before = await open();
    fake.away = true;
    const reader = await open();
    await reader.untilEnd();
    assert.deepEqual([reader.status, code()], [500, "session-store-unavailable"]);
    assert.equal(before.ended, false);
    assert.equal(streams.size, 1);
    before.close();
  });

  test("whose client has left before it was open leaves nothing behind", async () => {
    let go = (): void => undefined;
    fake.meanwhile = () => new Promise<void>((resolve) => (go = resolve));
    const connection = await openRawConnection(url);
    connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => fake.listeners.size === 1);
    connection.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    go();
    await until(() => fake.listeners.size === 0);
    assert.equal(streams.size, 0);
  });

  test("gives its place back however it ends", async () => {
    for (let round = 0; round < 12; round++) {
      const reader = await open();
      assert.equal(reader.status, 200);
      if (round % 3 === 0) reader.close();
      else if (round % 3 === 1) opened?.end();
      else opened?.endWithSession("revoked");
      await until(() => streams.size === 0);
    }
    assert.equal(fake.listeners.size, 0);
  });

  test("ends for its own session's end alone, with the reason", async () => {
    const reader = await open();
    const end = (sessionId: string, issuer: "app" | "own"): void =>
      fake.say({
        type: "session-ended",
        key: { issuer, sessionId: aSessionId(sessionId), bindingId: "b-1" },
        reason: "idle",
      });
    end("device-2", "app");
    end("device-1", "own");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(reader.ended, false);
    end("device-1", "app");
    assert.deepEqual((await reader.next("session-ended")).data, { reason: "idle" });
    await reader.untilEnd();
  });

  test("whose session's end was not heard of ends at the next look, with what can be known of the reason", async () => {
    for (const [over, reason] of [
      [null, "signed-out"],
      ["too-old", "too-old"],
    ] as const) {
      const reader = await open();
      fake.over = over;
      fake.lives = false;
      assert.deepEqual((await reader.next("session-ended")).data, { reason });
      fake.lives = true;
    }
  });

  test("ends at the token's end", async () => {
    expiresAt = clock.wall() + 60_000;
    const reader = await open();
    clock.forward(59_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(reader.ended, false);
    clock.forward(1_000);
    await reader.next("token-expired");
    await reader.untilEnd();
  });

  test("with a token that lives for years does not end at once", async () => {
    expiresAt = Date.now() + 100 * 365 * 86_400_000;
    const reader = await open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(reader.ended, false);
    reader.close();
  });

  test("takes an event of any size", async () => {
    const reader = await open();
    const data = JSON.stringify("x".repeat(8 * 1024 * 1024));
    opened?.send({ event: "large", data });
    assert.equal(String((await reader.next("large", 5_000)).data).length, data.length - 2);
    reader.close();
  });

  test("to a client that does not read is given up", async () => {
    const connection = await openRawConnection(url);
    connection.socket.pause();
    connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => opened !== undefined);
    const data = JSON.stringify("x".repeat(2 * 1024 * 1024));
    for (let count = 0; count < 20 && streams.size > 0; count++) {
      opened?.send({ event: "large", data });
      await new Promise(setImmediate);
    }
    await until(() => streams.size === 0);
    connection.close();
  });
});
