import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request from "supertest";
import { freePort } from "../../scripts/fleet/ports.ts";
import { startSimulator } from "../../simulator/index.ts";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { FastForward } from "../support/fast-forward.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startPair, startTestService } from "../support/service.ts";
import { until } from "../support/until.ts";

const LEAD_MS = 15_000;

const leading = { SHUTDOWN_GRACE_MS: "60000", DRAIN_LEAD_MS: String(LEAD_MS) };

/** An instance whose one agent's poll the gateway holds until it is let go: it ends no earlier. */
async function polling(context: TestContext, leadMs: number) {
  const pair = await startPair({
    simulator: { pollHoldMs: 30_000 },
    environment: { ...leading, DRAIN_LEAD_MS: String(leadMs) },
  });
  context.after(() => pair.close());
  const device = await signedInDevice(pair.url);
  const { control } = pair.simulator;
  await until(() => control.state().heldPolls === 1);
  return { pair, device, letGo: () => control.ring("1201", "70005") };
}

describe("an instance that ends", { concurrency: true }, () => {
  test("says first that it is not ready, and serves everything meanwhile, each answer the last of its connection", async (context) => {
    const clock = new FastForward();
    const pair = await startPair({ simulator: { pollHoldMs: 3_000 }, environment: leading, clock });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    const began = clock.monotonic();
    const closed = pair.service.close();
    const ready = await request(pair.url).get("/readyz");
    assertProblem(ready, 503, "instance-ending");
    assert.equal(ready.body.check, "draining");
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const [path, expected] of [
      ["/livez", 200],
      ["/conferences", 200],
      ["/nothing", 404],
    ] as const) {
      const { status, headers } = await get(pair.url, path, device.token, kept);
      assert.deepEqual([status, headers.connection], [expected, "close"], path);
    }
    assert.equal((await new Device(pair.url).signIn({ agentId: "1204" })).status, 201, "sign-ins too");
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${device.token}`,
    });
    await stream.next("conferences");
    const { control } = pair.simulator;
    /** While both agents' polls are held, which is the gateway's time: a pause that is cut short brings a hasty poll. */
    const pass = async (left: () => number): Promise<void> => {
      await until(() => control.state().heldPolls === 2);
      clock.forward(left());
    };
    await pass(() => began + LEAD_MS - 6_000 - clock.monotonic());
    assert.equal((await request(pair.url).get("/livez")).status, 200);
    await pass(() => 6_000);
    assert.equal((await stream.next("instance-ending")).event, "instance-ending");
    assert.ok(clock.monotonic() - began >= LEAD_MS, "the stream was served as long as everything else");
    for (const agentId of ["1201", "1204"]) control.ring(agentId, "70005");
    await closed;
    await assert.rejects(request(pair.url).get("/livez"), /ECONNREFUSED/);
    assert.equal(control.agent("1201").signedIn, true, "its agents stay signed in");
    assert.deepEqual(control.violations().recent, []);
  });

  test("says so to whoever still comes on an open connection once it listens no more", async (context) => {
    const { pair, device, letGo } = await polling(context, 100);
    const [used, fresh] = [await openRawConnection(pair.url), await openRawConnection(pair.url)];
    used.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => used.received().includes('"ok"'));
    const closed = pair.service.close();
    await until(() => refused(pair.url));
    used.send(`GET /conferences HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\n\r\n`);
    const body = JSON.stringify({ agentId: "1204", password: "secret-1204", phoneNumber: "40038" });
    fresh.send(
      `POST /session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    for (const connection of [used, fresh]) {
      await until(() => connection.received().includes("instance-ending"));
      const answer = connection.received().slice(connection.received().lastIndexOf("HTTP/1.1 "));
      assert.match(answer, /^HTTP\/1\.1 503 /);
      assert.match(answer, /\r\nConnection: close\r\n/i);
      assert.match(answer, /\r\nRetry-After: 1\r\n/i);
      assert.match(answer, /\r\nContent-Type: application\/problem\+json/i);
      assert.equal(await connection.closedWithin(500), true);
    }
    assert.equal(pair.simulator.control.state().calls["sign-in"], 1, "the gateway heard of no second sign-in");
    letGo();
    await closed;
  });

  test("serves whoever connected while it served, and whose request comes when it listens no more", async (context) => {
    const { pair, device, letGo } = await polling(context, 200);
    const closed = pair.service.close();
    let connection = await openRawConnection(pair.url);
    await until(async () => {
      const later = await openRawConnection(pair.url).catch(() => null);
      connection = later ?? connection;
      return later === null;
    });
    connection.send(`GET /conferences HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\n\r\n`);
    await until(() => connection.received().includes("HTTP/1.1 "));
    assert.match(connection.received(), /^HTTP\/1\.1 200 /);
    assert.match(connection.received(), /\r\nConnection: close\r\n/i);
    letGo();
    await closed;
  });

  test("closes the connection of a stream that it ends, or a proxy would keep it for the next request", async (context) => {
    const { pair, device, letGo } = await polling(context, 100);
    const connection = await openRawConnection(pair.url);
    connection.send(`GET /conferences/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\n\r\n`);
    await until(() => connection.received().includes("event: conferences"));
    const closed = pair.service.close();
    await until(() => connection.received().includes("instance-ending"));
    assert.equal(await connection.closedWithin(200), true);
    assert.match(connection.received(), /\r\nConnection: close\r\n/i, "and said so from the start");
    letGo();
    await closed;
  });

  test("answers what is under way, and tells its client that the connection ends", async (context) => {
    const pair = await startPair({
      simulator: { pollHoldMs: 200 },
      environment: { ...leading, DRAIN_LEAD_MS: "50" },
    });
    context.after(() => pair.close());
    const device = await signedInDevice(pair.url);
    pair.simulator.control.addFault({ kind: "delay", delayMs: 700, on: "queryvdnconfid" });
    const agent = new Agent({ keepAlive: true });
    const under = get(pair.url, "/conferences", device.token, agent);
    await until(() => pair.simulator.control.state().calls.queryvdnconfid === 1);
    const closed = pair.service.close();
    const { status, headers } = await under;
    assert.deepEqual([status, headers.connection], [200, "close"]);
    await closed;
  });
});

test("clients that keep their connections see no reset, however often an instance is stopped under load", async (context) => {
  const simulator = await startSimulator({ pollHoldMs: 200 });
  const port = await freePort();
  const briefly = { SHUTDOWN_GRACE_MS: "4000", DRAIN_LEAD_MS: "500" };
  const start = () => startTestService(simulator.url, { environment: { ...briefly, PORT: String(port) } });
  let service = await start();
  const url = service.url;
  context.after(async () => {
    await service.close();
    await simulator.close();
  });
  const load = new Load(url, await tokensOf(url));
  for (let stop = 0; stop < 4; stop++) {
    await load.more(101);
    await service.close();
    service = await start();
  }
  await load.more(101);
  const seen = await load.end();
  assert.deepEqual(seen.broken, [], "no request was cut off");
  assert.ok(seen.answered > 500, `${seen.answered} answers`);
});

/** Twenty clients, each with a connection that it keeps, and a request as soon as the one before has been answered. */
class Load {
  readonly #url: string;
  readonly #clients: Promise<void>[];
  readonly #broken: string[] = [];
  #answered = 0;
  #ending = false;

  constructor(url: string, tokens: readonly string[]) {
    this.#url = url;
    this.#clients = Array.from({ length: 20 }, (_, number) => this.#client(tokens[number % tokens.length] ?? ""));
  }

  /** Goes on until so many more are answered. */
  more(answers: number): Promise<void> {
    const enough = this.#answered + answers;
    return until(() => this.#answered >= enough);
  }

  async end(): Promise<{ readonly broken: readonly string[]; readonly answered: number }> {
    this.#ending = true;
    await Promise.all(this.#clients);
    return { broken: this.#broken, answered: this.#answered };
  }

  async #client(token: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#ending) {
      try {
        const path = this.#answered % 3 === 0 ? "/conferences" : "/livez";
        const { status, body } = await get(this.#url, path, token, agent);
        this.#answered += 1;
        // A new instance in memory does not know the sessions of the one before.
        const fine = status === 200 || (status === 401 && body.includes("session-not-found"));
        if (!fine && !body.includes("instance-ending")) this.#broken.push(`${status} ${body}`);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== "ECONNREFUSED") this.#broken.push(`${code} ${message}`);
        await wait(5);
      }
      await wait(Math.random() * 4);
    }
    agent.destroy();
  }
}

async function tokensOf(url: string): Promise<readonly string[]> {
  const devices = await Promise.all(["1201", "1204"].map((agentId) => signedInDevice(url, {}, { agentId })));
  return devices.map(({ token }) => token);
}

async function get(url: string, path: string, token: string, agent: Agent) {
  const sent: ClientRequest = httpRequest(`${url}${path}`, { agent, headers: { authorization: `Bearer ${token}` } });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let body = "";
  response.setEncoding("utf8").on("data", (text: string) => (body += text));
  await once(response, "end");
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const refused = async (url: string): Promise<boolean> =>
  fetch(`${url}/livez`).then(
    () => false,
    () => true,
  );
