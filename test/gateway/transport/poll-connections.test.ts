import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createUndiciClient } from "../../../src/gateway/transport/undici-client.ts";
import { systemClock } from "../../../src/system-clock.ts";
import { until } from "../../support/until.ts";
import { question, settingOf } from "./both-clients.ts";

const POLLS = 40;

/** Holds every poll until it is told to answer, cut off or leave them. */
async function holding() {
  const held: ServerResponse[] = [];
  let connections = 0;
  const server = createServer((_request, response) => void held.push(response));
  server.on("connection", () => void connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, held, connections: () => connections, server };
}

test("each poll has a connection of its own, and the next polls take those that are free: answered, cut off or given up", async (t) => {
  const { url, held, connections, server } = await holding();
  const client = createUndiciClient(settingOf(url), systemClock, () => {});
  t.after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const poll = (signal?: AbortSignal) =>
    client.exchange(question({ lane: "poll", timeoutMs: 20_000, ...(signal && { signal }) })).then(
      ({ status }) => status,
      (error: Error) => error.name,
    );
  const round = () => Array.from({ length: POLLS }, () => poll());

  const first = round();
  await until(() => held.length === POLLS);
  for (const response of held.splice(0)) response.end("{}");
  assert.deepEqual(new Set(await Promise.all(first)), new Set([200]));
  const second = round();
  await until(() => held.length === POLLS);
  assert.equal(connections(), POLLS);

  // Half of them are cut off, and every other poll finds a connection of its own again.
  for (const [place, response] of held.splice(0).entries()) {
    if (place % 2 === 0) response.socket?.destroy();
    else response.end("{}");
  }
  await Promise.all(second);
  const third = round();
  await until(() => held.length === POLLS);
  assert.equal(connections(), POLLS * 1.5);
  for (const response of held.splice(0)) response.end("{}");
  await Promise.all(third);

  const leaving = new AbortController();
  const given = Array.from({ length: POLLS }, () => poll(leaving.signal));
  await until(() => held.length === POLLS);
  leaving.abort();
  await Promise.all(given);
  held.length = 0;
  const last = round();
  await until(() => held.length === POLLS);
  assert.equal(new Set(held.map(({ socket }) => socket)).size, POLLS);
  for (const response of held.splice(0)) response.end("{}");
  assert.deepEqual(new Set(await Promise.all(last)), new Set([200]));
});
