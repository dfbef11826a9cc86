// What one call to the gateway costs the process that makes it, by HTTP client: processor time, user and system, so that it
// matters little what else the machine does. 64 calls at once on kept connections, against the C stub in its own process.
//
//   nice npx node bench/transport-cost.ts [--calls 20000] [--rounds 5]
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import got from "got";
import { Pool } from "undici";
import { createGotClient } from "../src/gateway/transport/got-client.ts";
import type { Lane, Outgoing, TransportOptions } from "../src/gateway/transport/port.ts";
import { createUndiciClient } from "../src/gateway/transport/undici-client.ts";
import { systemClock } from "../src/system-clock.ts";
import { startGatewayStub } from "./gateway/gateway-stub.ts";
import { stopAll } from "./processes.ts";
import { median, rounded } from "./statistics.ts";

const AT_ONCE = 64;
const PATH = "/agentconf/1201/queryvdnconfid";
const headers = { "Content-Type": "application/json; charset=UTF-8", Guid: "a-guid.AgentGateway0" };

interface Client {
  call(): Promise<unknown>;
  close(): void;
}

const { values } = parseArgs({ options: { calls: { type: "string" }, rounds: { type: "string" } } });
const calls = Number(values.calls ?? 20_000);
const rounds = Number(values.rounds ?? 5);

function clients(url: string): Record<string, Client> {
  const options: TransportOptions = {
    url,
    secureContext: null,
    proxy: null,
    connections: AT_ONCE,
    maxAnswer: 8 * 1024 * 1024,
  };
  const question = (lane: Lane): Outgoing => ({
    lane,
    method: "GET",
    path: PATH,
    guid: headers.Guid,
    cookies: "",
    body: null,
    timeoutMs: 5_000,
    signal: undefined,
    onHead() {},
  });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const usual = got.extend({ agent: { http: agent }, headers, retry: { limit: 0 }, timeout: { request: 5_000 } });
  const pool = new Pool(new URL(url).origin, { connections: AT_ONCE, pipelining: 1 });
  const ofGot = createGotClient(options, () => {});
  const ofUndici = createUndiciClient(options, systemClock, () => {});
  return {
    "got, its promise with the usual options": { call: () => usual(url + PATH), close: () => agent.destroy() },
    "got as the service has it, kept connections": { call: () => ofGot.exchange(question("list")), close() {} },
    "got as the service has it, a connection each": {
      call: () => ofGot.exchange(question("single")),
      close: () => ofGot.close(),
    },
    "node:http": { call: () => bareHttp(url, agent), close() {} },
    "undici, its request": {
      async call() {
        const answer = await pool.request({ method: "GET", path: new URL(url + PATH).pathname, headers });
        return answer.body.text();
      },
      close: () => void pool.destroy(),
    },
    "undici as the service has it": { call: () => ofUndici.exchange(question("list")), close: () => ofUndici.close() },
  };
}

function bareHttp(url: string, agent: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url + PATH, { agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve(Buffer.concat(chunks)));
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** In microseconds of processor time a call. */
async function cost({ call }: Client, count: number): Promise<number> {
  const before = process.cpuUsage();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const directory = mkdtempSync(join(tmpdir(), "transport-cost-"));
try {
  const stub = await startGatewayStub(directory);
  const all = Object.entries(clients(stub.url));
  const costs = new Map<string, number[]>(all.map(([name]) => [name, []]));
  for (const [, client] of all) await cost(client, calls / 4);
  // Interleaved, so that a busy moment is everybody's.
  for (let round = 0; round < rounds; round++) {
    for (const [name, client] of all) costs.get(name)?.push(await cost(client, calls));
  }
  process.stdout.write(
    `Node ${process.versions.node}, ${calls} calls, ${rounds} rounds, load ${rounded(loadavg()[0] ?? 0)}\n`,
  );
  for (const [name, found] of costs) {
    const [low, high] = [Math.min(...found), Math.max(...found)].map(rounded);
    process.stdout.write(`${name.padEnd(48)} ${rounded(median(found)).padStart(5)} µs a call (${low} to ${high})\n`);
  }
  for (const [, client] of all) client.close();
} finally {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}
