import type { TestContext } from "node:test";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import { type AgentId, createGateway, type Gateway } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import {
  type BoundSession,
  openStore,
  type SessionOptions,
  type SessionStore,
  Sessions,
} from "../../src/sessions/index.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { aSessionId, aSubject } from "../support/names.ts";
import { appSecret, inspector } from "../support/service.ts";
import { quickEnvironment, quickSessions, quickSimulator } from "./quick-times.ts";

const silent = new Log("silent");
export const somebody = { requestId: "a-test", subject: "user-1" };

export interface Wired {
  readonly simulator: Simulator;
  readonly store: SessionStore;
  readonly gateway: Gateway;
  /** One more instance on the same store; begins to claim agents unless told not to. */
  instance(options?: InstanceOptions): Sessions;
}

interface InstanceOptions {
  /** Put between this instance and the store that all share. */
  readonly store?: SessionStore;
  readonly gateway?: Gateway;
  readonly clock?: Clock;
  readonly started?: boolean;
}

/** What a service has below its HTTP side: a gateway, a store in memory, and as many instances as wanted. */
export async function wired(
  t: TestContext,
  simulated: Parameters<typeof startSimulator>[0] = {},
  sessions: Partial<SessionOptions> = {},
): Promise<Wired> {
  const simulator = await startSimulator({ ...quickSimulator, ...simulated });
  const loaded = loadConfig({
    GATEWAY_URL: simulator.url,
    JWT_SECRET: appSecret,
    SESSION_STORE_URL: "memory:",
    ...quickEnvironment,
  });
  const config = { ...loaded.sessions, ...quickSessions, ...sessions };
  const gateway = createGateway(loaded.gateway, { log: silent, clock: systemClock, random: Math.random });
  await gateway.readAhead();
  const onCorrupt = () => undefined;
  const store = await openStore(loaded.store, {
    clock: systemClock,
    chance: systemChance,
    eventsKept: config.eventsKept,
    onCorrupt,
  });
  const instances: Sessions[] = [];
  t.after(async () => {
    await Promise.all(instances.map((instance) => instance.close(1_000)));
    await gateway.close();
    await store.close();
    await simulator.close();
  });
  const shared = { config, gatewayTimeoutMs: loaded.gateway.timeoutMs, log: silent, chance: systemChance };
  return {
    simulator,
    store,
    gateway,
    instance({ started = true, ...given } = {}) {
      const instance = new Sessions({ ...shared, store, gateway, clock: systemClock, ...given });
      instances.push(instance);
      if (started) instance.start();
      return instance;
    },
  };
}

/** User-1 signs in as agent 1201. */
export async function signedIn(instance: Sessions, sessionId = "session-1"): Promise<BoundSession> {
  const { agentId, password, phoneNumber } = inspector;
  const applicant = { issuer: "app", sessionId: aSessionId(sessionId), subject: aSubject("user-1") } as const;
  const input = { agentId: agentId as AgentId, password, phoneNumber, force: false };
  const { session, agent } = await instance.signIn(applicant, input, somebody);
  return { session, agent };
}

/** The session as a request finds it. */
export function resolved(instance: Sessions, sessionId = "session-1"): Promise<BoundSession> {
  return instance.resolve({
    issuer: "app",
    sessionId: aSessionId(sessionId),
    subject: aSubject("user-1"),
    scopes: new Set(),
    expiresAt: Date.now() + 60_000,
  });
}

export function conferences(instance: Sessions, bound: BoundSession): Promise<readonly string[]> {
  return instance.gatewayFor(bound).conferenceIds({ deadline: performance.now() + 5_000 });
}

/** A store between which and its user the line can be cut. */
export function cuttable(store: SessionStore): SessionStore & { away: boolean } {
  const line = { away: false };
  return new Proxy(store as SessionStore & { away: boolean }, {
    get(target, name) {
      if (name === "away") return line.away;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        await new Promise(setImmediate);
        if (line.away) throw new Problem("session-store-unavailable");
        return value.apply(target, args) as unknown;
      };
    },
    set(_, name, value) {
      if (name !== "away") return false;
      line.away = Boolean(value);
      return true;
    },
  });
}
