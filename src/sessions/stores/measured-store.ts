import type { SessionStore } from "./port.ts";

/** One call of the store that is over. */
export interface StoreCall {
  /** The method's name. */
  readonly operation: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** Reads that a cache may answer, thousands a second: only what goes to the store is worth a measurement. */
const cached: ReadonlySet<string> = new Set(["getSession", "getAgent"]);
/** Nothing that is waited for. */
const unmeasured: ReadonlySet<string> = new Set(["constructor", "close", "subscribe", "sendCommand"]);

type Method = (...args: unknown[]) => unknown;

/** What is measured of this store: its methods. */
export function storeOperations(store: SessionStore): string[] {
  const names = new Set(Object.keys(store));
  for (let type = Object.getPrototypeOf(store); type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    for (const name of Object.getOwnPropertyNames(type)) names.add(name);
  }
  const isMethod = (name: string): boolean => typeof Reflect.get(store, name) === "function";
  return [...names].filter((name) => isMethod(name) && !unmeasured.has(name)).sort();
}

/** The same store, each call of which is measured. */
export function measuredStore(store: SessionStore, measure: (call: StoreCall) => void): SessionStore {
  const measured: Record<string, unknown> = {};
  for (const operation of storeOperations(store)) {
    const method = (Reflect.get(store, operation) as Method).bind(store);
    measured[operation] = (...args: unknown[]): unknown => {
      if (cached.has(operation) && (args[1] as { fresh?: boolean } | undefined)?.fresh !== true) return method(...args);
      const began = performance.now();
      const answer = method(...args);
      if (!(answer instanceof Promise)) return answer;
      const over = (failed: boolean) => measure({ operation, durationMs: performance.now() - began, failed });
      answer.then(
        () => over(false),
        () => over(true),
      );
      return answer;
    };
  }
  // What is not a method, or not measured, is the store's own, asked of itself.
  return new Proxy(store, {
    get(target, name) {
      const its = typeof name === "string" ? measured[name] : undefined;
      if (its !== undefined) return its;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as Method).bind(target) : value;
    },
  });
}
