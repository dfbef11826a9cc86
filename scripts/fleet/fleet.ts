import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { balancerConfiguration, prometheusConfiguration } from "./configurations.ts";
import { freePorts } from "./ports.ts";
import { answers, Program } from "./program.ts";
import { startPrometheus } from "./prometheus.ts";
import { startRedis } from "./redis.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const rules = fileURLToPath(new URL("../../deploy/prometheus/alerts.yml", import.meta.url));
const INSTANCES = 3;
/** Past one round of the balancer's looks. */
const SEEN_MS = 700;

export interface Fleet {
  /** The balancer's. */
  readonly url: string;
  readonly prometheusUrl: string;
  readonly simulator: Simulator;
  /** A secret of its own, made for this run. */
  readonly tokenSecret: string;
  readonly instances: readonly FleetInstance[];
  close(): Promise<void>;
}

interface FleetInstance {
  readonly name: string;
  readonly url: string;
  /** Ends it as an operator does, and starts another one in its place; done when the balancer has seen it. */
  replace(): Promise<void>;
}

/**
 * The whole of a site on one machine: the simulated gateway, Redis, three instances as processes of their own, HAProxy before them
 * and Prometheus beside them, all on free ports of 127.0.0.1.
 *
 * @param port the balancer's; 0: any free one
 * @throws an error that says what to install, or the last words of what does not start
 */
export async function startFleet({ port, agents }: { port: number; agents: number }): Promise<Fleet> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), "conferences-bff-fleet-"));
    opened.push(() => rm(folder, { recursive: true, force: true }));
    const simulator = await startSimulator({ agents, scenario: "ordinary-day" });
    opened.push(() => simulator.close());
    const redis = await startRedis();
    opened.push(() => redis.close());
    const [balancerPort = 0, prometheusPort = 0, ...ports] = await freePorts(2 + INSTANCES);
    const tokenSecret = randomBytes(32).toString("base64url");
    const environment = {
      PATH: process.env.PATH,
      GATEWAY_URL: simulator.url,
      SESSION_STORE_URL: redis.url,
      SESSION_KEYS: randomBytes(32).toString("base64"),
      TOKEN_SECRET: tokenSecret,
      HOST: "127.0.0.1",
      TRUST_PROXY: "loopback",
      LOG_LEVEL: "warn",
      // Everybody here has one address.
      SIGN_IN_LIMIT_PER_MINUTE: "100000",
      RATE_LIMIT_PER_MINUTE: "1000000",
    };
    const instances = await Promise.all(
      ports.map((each, index) => startInstance(`instance-${index + 1}`, each, environment, folder)),
    );
    opened.push(() => Promise.all(instances.map((instance) => instance.stop())));

    const at = port === 0 ? balancerPort : port;
    const balancerFile = join(folder, "haproxy.cfg");
    await writeFile(balancerFile, balancerConfiguration(at, ports));
    const balancer = new Program("haproxy", "haproxy", ["-db", "-f", balancerFile]);
    opened.push(() => balancer.stop());
    const url = `http://127.0.0.1:${at}`;
    await balancer.until(() => answers(`${url}/livez`));

    const configuration = prometheusConfiguration(ports, rules);
    const prometheus = await startPrometheus({ folder, port: prometheusPort, configuration });
    opened.push(() => prometheus.stop());
    const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    return { url, prometheusUrl, simulator, tokenSecret, instances, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startInstance(name: string, port: number, environment: NodeJS.ProcessEnv, folder: string) {
  const url = `http://127.0.0.1:${port}`;
  const start = async (): Promise<Program> => {
    const program = new Program(name, process.execPath, [main], {
      env: { ...environment, PORT: String(port) },
      // Where no `.env` of another installation lies.
      cwd: folder,
    });
    await program.until(() => answers(`${url}/readyz`));
    return program;
  };
  let program = await start();
  return {
    name,
    url,
    stop: () => program.stop(),
    async replace(): Promise<void> {
      await program.stop();
      program = await start();
      await new Promise((resolve) => setTimeout(resolve, SEEN_MS));
    },
  };
}
