import type { Clock } from "../../src/sessions/clock.ts";
import type { SessionStore } from "../../src/sessions/index.ts";

interface DistantStore {
  readonly store: SessionStore;
  /** How often each operation was asked for. */
  readonly asked: Map<string, number>;
  /** All of them together. */
  total(): number;
}

/** The same store, a round trip away. What is asked at one moment travels together, as over one connection. */
export function distant(store: SessionStore, clock: Clock, roundTripMs: number): DistantStore {
  const asked = new Map<string, number>();
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        asked.set(String(name), (asked.get(String(name)) ?? 0) + 1);
        if (roundTripMs > 0) await clock.wait(roundTripMs);
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  return { store: proxy, asked, total: () => [...asked.values()].reduce((sum, times) => sum + times, 0) };
}

/** The same store to an instance that lacks the key with which the agents' records are sealed. */
export function withoutKey(store: SessionStore): SessionStore {
  const unreadable: Partial<SessionStore> = {
    getAgent: async () => null,
    getAgents: async (agentIds) => new Map(agentIds.map((agentId) => [agentId, "key-missing"] as const)),
    getAgentAndHolder: async (agentId) => ({ agent: null, holder: (await store.getAgentAndHolder(agentId)).holder }),
  };
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(unreadable, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
