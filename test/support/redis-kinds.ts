import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { portToKeep, program, type RedisServer, startRedis, startServer } from "../../scripts/fleet/redis.ts";

const WHOLE_MS = 10_000;

/**
 * A Redis that speaks TLS only, with the certificate and key of two PEM files.
 *
 * @param clients an authority's file: whoever shows no certificate of it is refused
 */
export async function startRedisWithTls(certificate: string, key: string, clients?: string): Promise<RedisServer> {
  const port = await portToKeep();
  const tls = [`tls-cert-file ${certificate}`, `tls-key-file ${key}`, `tls-ca-cert-file ${clients ?? certificate}`];
  const asks = `tls-auth-clients ${clients === undefined ? "no" : "yes"}`;
  return startServer(port, "rediss", ["port 0", `tls-port ${port}`, asks, ...tls]);
}

/** A sentinel that watches the server on `masterPort` under the name `tests`, and calls it down after half a second. */
export async function startSentinel(masterPort: number): Promise<RedisServer> {
  const port = await portToKeep();
  const watch = [
    `sentinel monitor tests 127.0.0.1 ${masterPort} 1`,
    "sentinel down-after-milliseconds tests 500",
    "sentinel failover-timeout tests 2000",
  ];
  return startServer(port, "redis", [`port ${port}`, ...watch], ["--sentinel"]);
}

/** A cluster of three masters that share all slots. */
export async function startRedisCluster(): Promise<readonly RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let node = 0; node < 3; node++) {
    const cluster = ["cluster-enabled yes", "cluster-node-timeout 2000", `cluster-port ${await portToKeep()}`];
    nodes.push(await startRedis(cluster));
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const cli = spawn(program("redis-cli", "valkey-cli"), ["--cluster", "create", ...addresses, "--cluster-yes"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  cli.stdout.on("data", (chunk) => (output += chunk));
  cli.stderr.on("data", (chunk) => (output += chunk));
  const [code] = await once(cli, "close");
  if (code !== 0) throw new Error(`The cluster could not be made:\n${output}`);
  // redis-cli is content before the last node has heard of the others.
  for (const { port } of nodes) await clusterIsWhole(port);
  return nodes;
}

async function clusterIsWhole(port: number): Promise<void> {
  const end = performance.now() + WHOLE_MS;
  while (performance.now() < end) {
    const socket = connect(port, "127.0.0.1", () => socket.write("CLUSTER INFO\r\n"));
    const [answer] = await once(socket, "data");
    socket.destroy();
    if (String(answer).includes("cluster_state:ok")) return;
    await wait(20);
  }
  throw new Error("The cluster does not come up");
}
