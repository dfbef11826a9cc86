import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Request, Response } from "express";
import { EventStream } from "../../src/http/event-stream.ts";
import { until } from "../support/until.ts";

/** More than the machine's buffers between two sockets take in a few. */
const LARGE = "x".repeat(1_000_000);

let server: Server;
let opened: { stream: EventStream; response: Response }[] = [];
before(async () => {
  server = createServer((incoming, outgoing) => {
    const response = outgoing as unknown as Response;
    const stream = new EventStream(response);
    stream.begin(incoming as unknown as Request);
    opened.push({ stream, response });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function connect() {
  opened = [];
  const { port } = server.address() as AddressInfo;
  const [answer] = (await once(request({ port, agent: false }).end(), "response")) as [IncomingMessage];
  await until(() => opened.length === 1);
  const { stream, response } = opened[0] ?? assert.fail();
  return { answer, stream, response };
}

test("a reader who is slow gets the newest state when it reads again, and not all that it has missed", async () => {
  const { answer, stream, response } = await connect();
  let most = 0;
  for (let number = 0; number < 60; number++) {
    stream.offer(() => `event: state\ndata: ${number} ${LARGE}\n\n`);
    most = Math.max(most, response.writableLength);
    await wait(2);
    stream.lookAfter();
  }
  assert.equal(stream.ended, false, "it is not let go for being slow");
  assert.ok(most < 2 * LARGE.length + 1_000, `${most} bytes waited for it`);
  let text = "";
  answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  await until(() => {
    stream.lookAfter();
    return /data: 59 /.test(text);
  });
  const seen = [...text.matchAll(/data: (\d+) /g)].map(([, number]) => Number(number));
  assert.ok(seen.length < 30, `${seen.length} of 60`);
  assert.deepEqual(
    seen,
    seen.toSorted((one, other) => one - other),
  );
  answer.destroy();
});

test("a reader who keeps up gets every state, at once", async () => {
  const { answer, stream } = await connect();
  let text = "";
  answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  for (let number = 0; number < 20; number++) {
    stream.offer(() => `event: state\ndata: ${number} small\n\n`);
    await until(() => text.includes(`data: ${number} small`));
  }
  answer.destroy();
});

test("what is offered last is made when it goes out, and a state that was overtaken is never made", async () => {
  const { answer, stream } = await connect();
  const made: number[] = [];
  for (let number = 0; number < 30; number++) {
    stream.offer(() => {
      made.push(number);
      return `event: state\ndata: ${number} ${LARGE}\n\n`;
    });
    await wait(1);
  }
  assert.ok(made.length < 20 && !made.includes(29), made.join());
  answer.resume();
  await until(() => {
    stream.lookAfter();
    return made.includes(29);
  });
  assert.ok(!made.includes(28));
  answer.destroy();
});
