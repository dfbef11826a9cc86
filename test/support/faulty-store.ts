import { randomBytes } from "node:crypto";
import { createApp } from "../../src/app.ts";
import { type Config, loadConfig } from "../../src/config/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { closeServer, createHttpServer, listen } from "../../src/http/server.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import { openStore, type SessionStore, Sessions } from "../../src/sessions/index.ts";
import type { AgentMessage } from "../../src/sessions/stores/agent-messages.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { createTokenIssuer, createTokenVerifier } from "../../src/tokens/index.ts";
import { appSecret, ownSecret } from "./service.ts";

type Operation = keyof SessionStore;

interface FaultyStore {
  /** From now on these operations fail as in an outage, all of them when none is named. */
  fail(...operations: readonly Operation[]): void;
  /** From now on messages of this type are lost on their way here. */
  hush(type: AgentMessage["type"]): void;
  recover(): void;
}

/** The real store, whose operations can be made to fail. */
export function faultyStore(store: SessionStore): { readonly store: SessionStore; readonly faults: FaultyStore } {
  let failing: ReadonlySet<string> | "all" | null = null;
  let hushed: string | null = null;
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        const fails = failing === "all" ? name !== "close" : failing?.has(String(name));
        if (fails) return Promise.reject(new Problem("session-store-unavailable"));
        if (name === "subscribe") {
          const [agentId, listener] = given as Parameters<SessionStore["subscribe"]>;
          return target.subscribe(agentId, (message) => message.type !== hushed && listener(message));
        }
        return Reflect.apply(value, target, given);
      };
    },
  });
  const faults: FaultyStore = {
    fail: (...operations) => {
      failing = operations.length === 0 ? "all" : new Set(operations);
    },
    hush: (type) => {
      hushed = type;
    },
    recover: () => {
      failing = null;
      hushed = null;
    },
  };
  return { store: proxy, faults };
}

interface FaultyService {
  readonly url: string;
  readonly store: FaultyStore;
  /** Behind the faults. */
  readonly shared: SessionStore;
  readonly sessions: Sessions;
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/**
 * The service put together by hand over a store that can be made to fail.
 *
 * @param other whose store it shares; left out: one of its own
 */
export async function startFaultyService(
  gatewayUrl: string,
  environment: Readonly<Record<string, string>> = {},
  other?: FaultyService,
): Promise<FaultyService> {
  const config: Config = loadConfig({
    GATEWAY_URL: gatewayUrl,
    JWT_SECRET: appSecret,
    TOKEN_SECRET: ownSecret,
    SESSION_STORE_URL: "memory:",
    SESSION_KEYS: randomBytes(32).toString("base64"),
    SIGN_IN_LIMIT_PER_MINUTE: "1000",
    ...environment,
  });
  const now = Date.now;
  const logged: string[] = [];
  const log = new Log("info", { write: (line: string) => void logged.push(line) });
  const options = {
    clock: systemClock,
    chance: systemChance,
    eventsKept: 16,
    onCorrupt: () => undefined,
  };
  const real = other?.shared ?? (await openStore(config.store, options));
  const { store, faults } = faultyStore(real);
  const gateway = createGateway(config.gateway, {
    log: new Log("silent"),
    clock: systemClock,
    random: Math.random,
  });
  await gateway.readAhead();
  const verifier = createTokenVerifier(config.tokens, { now, log });
  const issuer = createTokenIssuer(ownSecret, { now });
  const { timeoutMs: gatewayTimeoutMs } = config.gateway;
  const parts = { store, gateway, gatewayTimeoutMs, log, clock: systemClock, chance: systemChance };
  const sessions = new Sessions({ ...parts, config: config.sessions });
  const app = createApp({ config, sessions, control: gateway, verifier, issuer, metrics: new Metrics(), log });
  const server = createHttpServer(app.express, log);
  const url = await listen(server, "127.0.0.1", 0);
  sessions.start();
  return {
    url,
    store: faults,
    shared: real,
    sessions,
    logged,
    async close() {
      faults.recover();
      app.endStreams();
      await Promise.all([sessions.close(1_000), closeServer(server, 1_000)]);
      verifier.close();
      await gateway.close();
      if (other === undefined) await real.close();
    },
  };
}
