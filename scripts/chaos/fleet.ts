import { startRedis } from "../fleet/redis.ts";
import { FIRST_AGENT, SimulatedGateway } from "./gateway.ts";
import { Instance } from "./instance.ts";
import type { Secrets } from "./secrets.ts";
import type { Place } from "./stage.ts";
import { StoreServer } from "./store-server.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import type { Timeline } from "./timeline.ts";
import { times } from "./times.ts";

export interface Fleet {
  readonly gateway: SimulatedGateway;
  readonly redis: StoreServer;
  readonly places: readonly Place[];
  readonly agentIds: readonly string[];
  close(): Promise<void>;
}

/** Everything that the run needs, as processes of its own; what has been started is ended again when a later step fails. */
export async function startFleet(
  instances: number,
  agents: number,
  secrets: Secrets,
  timeline: Timeline,
): Promise<Fleet> {
  const opened: (() => Promise<void>)[] = [];
  const processes: { killNow(): void }[] = [];
  const killAll = (): void => {
    for (const one of processes) one.killNow();
  };
  process.once("exit", killAll);
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
    process.off("exit", killAll);
  };
  try {
    // What Redis has said yes to outlives its kill: written down before it answers.
    const redis = new StoreServer(await startRedis(["appendonly yes", "appendfsync always"]));
    opened.push(() => redis.close());
    const gateway = await SimulatedGateway.start(agents);
    processes.push(gateway);
    opened.push(() => gateway.close());
    const places: Place[] = [];
    for (let number = 1; number <= instances; number++) {
      const toGateway = await TcpProxy.open(gateway.port);
      opened.push(() => toGateway.close());
      const toRedis = await TcpProxy.open(redis.port);
      opened.push(() => toRedis.close());
      const environment = {
        ...environmentOf(secrets, toGateway.port, toRedis.port),
        LOG_LEVEL: timeline.isKept ? "debug" : "warn",
      };
      const { leaseMs, pollHoldMs } = times;
      const instance = new Instance(`instance ${number}`, { environment, sessions: { leaseMs, pollHoldMs } }, timeline);
      processes.push(instance);
      opened.push(() => instance.kill());
      await instance.start();
      places.push({ instance, toGateway, toRedis });
    }
    const agentIds = Array.from({ length: agents }, (_, place) => String(FIRST_AGENT + place));
    return { gateway, redis, places, agentIds, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function environmentOf(secrets: Secrets, gatewayPort: number, redisPort: number): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    GATEWAY_URL: `http://127.0.0.1:${gatewayPort}/agentgateway/resource`,
    GATEWAY_TIMEOUT_MS: String(times.gatewayTimeoutMs),
    SESSION_STORE_URL: `redis://127.0.0.1:${redisPort}`,
    SESSION_KEYS: secrets.sealing,
    JWT_SECRET: secrets.app,
    TOKEN_SECRET: secrets.own,
    CONFERENCE_STREAM_INTERVAL_MS: String(times.streamIntervalMs),
    // All clients come from one address here.
    RATE_LIMIT_PER_MINUTE: "1000000",
    SIGN_IN_LIMIT_PER_MINUTE: "100000",
    SHUTDOWN_GRACE_MS: String(times.shutdownGraceMs),
  };
}
