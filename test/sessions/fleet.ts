import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type RedisServer, startRedis } from "../../scripts/fleet/redis.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.ts";
import type { Config } from "../../src/config/index.ts";
import { type CuttableLine, startCuttableLine } from "../support/cuttable-line.ts";
import type { Device } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startTestService, type TestServiceOptions } from "../support/service.ts";
import { until } from "../support/until.ts";
import { quickEnvironment, quickSessions, quickSimulator } from "./quick-times.ts";

const program = fileURLToPath(new URL("service-process.ts", import.meta.url));

export interface Instance {
  readonly url: string;
  /** Between this instance and Redis. */
  readonly line: CuttableLine;
  close(): Promise<void>;
}

interface InstanceProcess extends Instance {
  /** `SIGKILL` to end it, `SIGSTOP` and `SIGCONT` to make it as slow as can be. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

export interface Fleet {
  readonly simulator: Simulator;
  readonly redis: RedisServer;
  /** One more, in this process. */
  instance(environment?: Readonly<Record<string, string>>): Promise<Instance & { readonly logged: readonly string[] }>;
  /** One more, in a process of its own. */
  process(): Promise<InstanceProcess>;
}

interface FleetOptions {
  readonly simulator?: SimulatorOptions;
  readonly sessions?: Partial<Config["sessions"]>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Lines of redis.conf. */
  readonly redis?: readonly string[];
}

/** One Redis and one gateway, for as many instances as a test wants; all is closed at its end. */
export async function startFleet(t: TestContext, options: FleetOptions = {}): Promise<Fleet> {
  const redis = await startRedis(options.redis);
  const simulator = await startSimulator({ ...quickSimulator, ...options.simulator });
  const instances: Instance[] = [];
  t.after(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await Promise.all(instances.map(({ line }) => line.close()));
    await simulator.close();
    await redis.close();
  });
  const key = randomBytes(32).toString("base64");
  const placed = async (
    own: Readonly<Record<string, string>> = {},
  ): Promise<{ line: CuttableLine; settings: TestServiceOptions }> => {
    const line = await startCuttableLine(redis.port);
    const store = { SESSION_STORE_URL: `redis://127.0.0.1:${line.port}`, SESSION_KEYS: key };
    const environment = { ...quickEnvironment, LOG_LEVEL: "silent", ...store, ...options.environment, ...own };
    return { line, settings: { environment, sessions: { ...quickSessions, ...options.sessions } } };
  };
  return {
    simulator,
    redis,
    async instance(own) {
      const { line, settings } = await placed(own);
      const instance = { line, ...(await startTestService(simulator.url, settings)) };
      instances.push(instance);
      await ready(instance);
      return instance;
    },
    async process() {
      const { line, settings } = await placed();
      const child = spawn(process.execPath, [program, JSON.stringify({ gatewayUrl: simulator.url, ...settings })], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(child, "exit");
      const [url] = (await once(createInterface(child.stdout), "line")) as [string];
      const close = async (): Promise<void> => {
        child.kill("SIGKILL");
        await ended;
      };
      const instance = { url, line, close, signal: (name: NodeJS.Signals) => void child.kill(name) };
      instances.push(instance);
      await ready(instance);
      return instance;
    },
  };
}

/** Connected to Redis: on a machine that has much to do that can come after the start. */
export async function ready({ url }: Instance): Promise<void> {
  await until(
    async () => (await fetch(`${url}/readyz`)).status === 200,
    20_000,
    () => `${url} is not ready`,
  );
}

/** How many agents an instance polls, as its metrics say. */
export async function agentsPolled({ url }: Instance): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^\S*agents_polled\S* (\d+)$/m.exec(text)?.[1]);
}

/** One more fleet, with three instances in this process. */
export async function three(t: TestContext, options: FleetOptions = {}) {
  const fleet = await startFleet(t, options);
  const [first, second, third] = await Promise.all([fleet.instance(), fleet.instance(), fleet.instance()]);
  return { ...fleet, first, second, third, all: [first, second, third] };
}

export const urlsOf = (instances: readonly Instance[]): string[] => instances.map(({ url }) => url);

/** The first agents of the simulator's crowd. */
export const agentIds = (count: number): string[] =>
  Array.from({ length: count }, (_, place) => String(20_001 + place));

/** The agent's poll is held, and the events of its sign-in have been fetched. */
export const isHeld = ({ control }: Simulator, agentId = "1201"): boolean => {
  const { queuedEvents, heldPolls } = control.agent(agentId);
  return queuedEvents === 0 && heldPolls === 1;
};

export const everyIsPolled = ({ control }: Simulator, count: number): boolean =>
  agentIds(count).every((agentId) => control.agent(agentId).queuedEvents === 0);

export const eventsAt = ({ url }: Instance, { token }: Device, headers = {}): Promise<EventStreamReader> =>
  EventStreamReader.open(`${url}/session/events`, { Authorization: `Bearer ${token}`, ...headers });
