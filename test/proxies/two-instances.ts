import { randomBytes } from "node:crypto";
import { freePorts } from "../../scripts/fleet/ports.ts";
import { type RedisServer, startRedis } from "../../scripts/fleet/redis.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { startTestService, type TestService } from "../support/service.ts";

/** Two instances on one Redis, at ports that stay the same over a restart: what a balancer stands in front of. */
export class TwoInstances {
  readonly simulator: Simulator;
  readonly ports: readonly [number, number];
  readonly #redis: RedisServer;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #services = new Map<number, TestService>();

  private constructor(
    redis: RedisServer,
    simulator: Simulator,
    ports: readonly [number, number],
    environment: Readonly<Record<string, string>>,
  ) {
    this.#redis = redis;
    this.simulator = simulator;
    this.ports = ports;
    this.#environment = {
      SESSION_STORE_URL: redis.url,
      SESSION_KEYS: randomBytes(32).toString("base64"),
      TOKEN_SECRET: randomBytes(32).toString("base64"),
      TRUST_PROXY: "127.0.0.1",
      SHUTDOWN_GRACE_MS: "5000",
      ...environment,
    };
  }

  /** Both of them started, with a gateway of twelve agents. */
  static async start(environment: Readonly<Record<string, string>>): Promise<TwoInstances> {
    const redis = await startRedis();
    const simulator = await startSimulator({ pollHoldMs: 500, agents: 12 });
    const [one = 0, other = 0] = await freePorts(2);
    const instances = new TwoInstances(redis, simulator, [one, other], environment);
    try {
      await instances.startAll();
    } catch (error) {
      await instances.close();
      throw error;
    }
    return instances;
  }

  async start(port: number): Promise<void> {
    const environment = { ...this.#environment, PORT: String(port) };
    this.#services.set(port, await startTestService(this.simulator.url, { environment }));
  }
  async stop(port: number): Promise<void> {
    await this.#services.get(port)?.close();
    this.#services.delete(port);
  }

  async startAll(): Promise<void> {
    await Promise.all(this.ports.map((port) => this.start(port)));
  }
  async stopAll(): Promise<void> {
    await Promise.all([...this.#services.keys()].map((port) => this.stop(port)));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.simulator.close();
    await this.#redis.close();
  }
}
