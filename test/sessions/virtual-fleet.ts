import type { TestContext } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import type { AgentId, Gateway } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import {
  type BoundSession,
  openStore,
  type SessionOptions,
  type SessionStore,
  Sessions,
} from "../../src/sessions/index.ts";
import type { Issuer, KeepAlive } from "../../src/sessions/model.ts";
import { aSessionId, aSubject } from "../support/names.ts";
import { appSecret } from "../support/service.ts";
import { seededChance, VirtualClock } from "../support/virtual-clock.ts";
import { anAgent, aSession, bound } from "./stores/samples.ts";
import { VirtualGateway } from "./virtual-gateway.ts";

const somebody = { requestId: "a-test", subject: "user-1" };

export interface VirtualFleet {
  readonly clock: VirtualClock;
  readonly gateway: VirtualGateway;
  readonly store: SessionStore;
  instance(options?: InstanceOptions): VirtualInstance;
  /** Agents that are signed in, each with a session, and whom nobody polls yet. */
  signedInBefore(count: number, keepAlive?: KeepAlive): Promise<AgentId[]>;
}

interface InstanceOptions {
  readonly store?: SessionStore;
  readonly gateway?: Gateway;
  readonly clock?: Clock;
  readonly started?: boolean;
  /** False: it is not there any more when the fleet is closed. */
  readonly counted?: boolean;
}

interface SignInChoices {
  readonly force?: boolean;
  /** Left out: the outside issuer's. */
  readonly issuer?: Issuer;
  /** Left out: one that bears the agent's number. */
  readonly subject?: string;
  /** Left out: one that bears the agent's number. */
  readonly session?: string;
}

export interface VirtualInstance {
  readonly sessions: Sessions;
  readonly logged: readonly Record<string, unknown>[];
  /** Signs the agent in for a session and a subject that bear its number. */
  signIn(agentId: string, options?: SignInChoices): Promise<BoundSession>;
  /** Asks for a sign-in, and lets time stand. */
  asksToSignIn(agentId: string, options?: SignInChoices): Promise<BoundSession>;
  signOut(agentId: string, force?: boolean): Promise<void>;
  /** What a request of the agent's session for its conferences is answered with: `ok`, or the problem's code. */
  ask(agentId: string): Promise<string>;
}

/** Real instances with their real times, on a store in memory and a gateway that share a time of their own. */
export async function virtualFleet(t: TestContext, config: Partial<SessionOptions> = {}): Promise<VirtualFleet> {
  const loaded = loadConfig({
    GATEWAY_URL: "http://gateway.example",
    JWT_SECRET: appSecret,
    SESSION_STORE_URL: "memory:",
  });
  const clock = new VirtualClock();
  const gateway = new VirtualGateway(clock);
  const store = await openStore(loaded.store, {
    clock,
    chance: seededChance(),
    eventsKept: 16,
    onCorrupt: () => undefined,
  });
  const instances: Sessions[] = [];
  t.after(async () => {
    let closed = false;
    void Promise.all(instances.map((instance) => instance.close(0))).then(() => {
      closed = true;
    });
    await clock.until(() => closed, 60_000, 100);
    await store.close();
  });
  const shared = { config: { ...loaded.sessions, ...config }, gatewayTimeoutMs: loaded.gateway.timeoutMs };
  let made = 0;
  return {
    clock,
    gateway,
    store,
    async signedInBefore(count, keepAlive = "managed") {
      const agentIds = Array.from({ length: count }, () => String(20_001 + made++) as AgentId);
      for (const agentId of agentIds) {
        const guid = gateway.signIn(agentId);
        await store.createAgent(anAgent({ agentId, guid, keepAlive }));
        const [createdAt, lastUsedAt] = [clock.wall(), clock.wall()];
        await bound(store, aSession({ ...userOf(agentId), agentId, createdAt, lastUsedAt }));
      }
      return agentIds;
    },
    instance({ started = true, counted = true, ...given } = {}) {
      const logged: Record<string, unknown>[] = [];
      const log = new Log("info", { write: (line: string) => void logged.push(JSON.parse(line)) });
      const chance = seededChance(instances.length + 1);
      const parts = { store, gateway: gateway.line(), clock, ...given };
      const sessions = new Sessions({ ...shared, log, chance, ...parts });
      if (counted) instances.push(sessions);
      if (started) sessions.start();
      const during = async <T>(work: Promise<T>): Promise<T> => {
        let settled = false;
        const done = work.finally(() => {
          settled = true;
        });
        done.catch(() => undefined);
        await clock.until(() => settled);
        return done;
      };
      const asksToSignIn: VirtualInstance["asksToSignIn"] = (agentId, choices = {}) => {
        const { force = false, issuer = "app", subject = `user-${agentId}`, session = `session-${agentId}` } = choices;
        const applicant = { issuer, sessionId: aSessionId(session), subject: aSubject(subject) };
        const input = { agentId: agentId as AgentId, password: "secret", phoneNumber: "40038", force };
        const answer = sessions.signIn(applicant, input, somebody);
        answer.catch(() => undefined);
        return answer;
      };
      return {
        sessions,
        logged,
        signIn: (agentId, choices) => during(asksToSignIn(agentId, choices)),
        asksToSignIn,
        signOut: (agentId, force = false) => {
          const claims = { ...userOf(agentId), scopes: new Set<string>(), expiresAt: clock.wall() + 60_000 };
          return during(sessions.signOut(claims, force, somebody));
        },
        ask: async (agentId) => {
          const expiresAt = clock.wall() + 60_000;
          const asking = async () => {
            const bound = await sessions.resolve({ ...userOf(agentId), scopes: new Set(), expiresAt });
            await sessions.gatewayFor(bound).conferenceIds({ deadline: parts.clock.monotonic() + 5_000 });
            return "ok";
          };
          return during(asking().catch((problem: { code?: string }) => String(problem.code ?? problem)));
        },
      };
    },
  };
}

function userOf(agentId: string) {
  return { issuer: "app", sessionId: aSessionId(`session-${agentId}`), subject: aSubject(`user-${agentId}`) } as const;
}
