import { createHmac, randomBytes } from "node:crypto";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.ts";
import { type Config, loadConfig } from "../../src/config/index.ts";
import { Log } from "../../src/log.ts";
import { type Service, startService } from "../../src/service.ts";
import type { Clock } from "../../src/sessions/clock.ts";

export const appSecret = "the-secret-of-the-apps-issuer-0123456789";
export const ownSecret = "the-secret-of-the-service-itself-0123456789";

/** The demo's inspector, of the simulator's default world. */
export const inspector = { agentId: "1201", password: "secret-1201", phoneNumber: "40038" } as const;

export interface TestServiceOptions {
  readonly simulator?: SimulatorOptions;
  /** Instead of a simulator of its own. */
  readonly gatewayUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The inner times, which a site sets in config/ and a test wants shorter. */
  readonly sessions?: Partial<Config["sessions"]>;
  /** The service's own time; the machine's when left out. */
  readonly clock?: Clock;
}

export interface TestService {
  readonly url: string;
  readonly service: Service;
  readonly config: Config;
  /** Every log line so far, as text. */
  readonly logged: string[];
  close(): Promise<void>;
}

/** The whole service on a free port, both issuers configured, its store in memory, quiet on the console. */
export async function startTestService(gatewayUrl: string, options: TestServiceOptions = {}): Promise<TestService> {
  const loaded = loadConfig({
    GATEWAY_URL: gatewayUrl,
    HOST: "127.0.0.1",
    PORT: "0",
    JWT_SECRET: appSecret,
    TOKEN_SECRET: ownSecret,
    SESSION_STORE_URL: "memory:",
    SIGN_IN_LIMIT_PER_MINUTE: "1000",
    RATE_LIMIT_PER_MINUTE: "100000",
    SHUTDOWN_GRACE_MS: "3000",
    DRAIN_LEAD_MS: "0",
    ...options.environment,
  });
  const config: Config = { ...loaded, sessions: { ...loaded.sessions, ...options.sessions } };
  const logged: string[] = [];
  const log = new Log(config.logLevel, { write: (line: string) => void logged.push(line) });
  const service = await startService(config, log, options.clock);
  // As the program does. Within the first call it takes longer, on a busy machine, than a test's gateway may.
  await service.readAhead();
  return { url: service.url, service, config, logged, close: () => service.close() };
}

/** A service with a simulator of its own. */
export async function startPair(
  options: TestServiceOptions = {},
): Promise<TestService & { readonly simulator: Simulator }> {
  const simulator = await startSimulator(options.simulator ?? {});
  try {
    const service = await startTestService(simulator.url, options);
    const close = async (): Promise<void> => {
      await service.close();
      await simulator.close();
    };
    return { ...service, simulator, close };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** A token of the apps' issuer, signed here so that a test may say anything in it. */
export function appToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { sub: "user-1", sid: randomBytes(12).toString("base64url"), iat: now, exp: now + 3_600, ...claims };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(payload)}`;
  return `${signed}.${createHmac("sha256", appSecret).update(signed).digest("base64url")}`;
}

export const serviceToken = (): string => appToken({ sub: "portal", scope: "sessions:write" });

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
