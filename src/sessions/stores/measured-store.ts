import type { Clock } from "../clock.ts";
import type { SessionStore } from "./port.ts";

/** One call of the store that is over. */
export interface StoreCall {
  /** The method's name. */
  readonly method: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** Reads that a cache may answer, thousands a second: only what goes to the store is worth a measurement. */
const cached: ReadonlySet<string> = new Set(["getSession", "getAgent"]);
/** Nothing that is waited for. */
const unmeasured: ReadonlySet<string> = new Set(["close", "subscribe", "sendCommand"]);

type Method = (...args: unknown[]) => unknown;

/** Makes the call, and answers with its answer: where traces hook in. */
type Follow = (name: string, call: () => unknown) => unknown;

/** What the store has, of its class's too. */
function membersOf(store: SessionStore): string[] {
  const names = new Set(Object.keys(store));
  for (let type = Object.getPrototypeOf(store); type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    for (const name of Object.getOwnPropertyNames(type)) names.add(name);
  }
  names.delete("constructor");
  return [...names].sort();
}

const isMethod = (store: SessionStore, name: string): boolean => typeof Reflect.get(store, name) === "function";

/** What is measured of this store. */
export const storeMethods = (store: SessionStore): string[] =>
  membersOf(store).filter((name) => isMethod(store, name) && !unmeasured.has(name));

/** The same store, each call of which is measured, and followed where somebody follows them. */
export function measuredStore(
  store: SessionStore,
  clock: Pick<Clock, "monotonic">,
  measure: (call: StoreCall) => void,
  follow: Follow | null = null,
): SessionStore {
  const measured: Record<string, unknown> = {};
  for (const name of membersOf(store)) {
    if (isMethod(store, name)) {
      const method = (Reflect.get(store, name) as Method).bind(store);
      measured[name] = unmeasured.has(name) ? method : timed(name, method, clock, measure, follow);
    } else Object.defineProperty(measured, name, { get: () => Reflect.get(store, name), enumerable: true });
  }
  // It has whatever the store has.
  return measured as unknown as SessionStore;
}

function timed(
  name: string,
  method: Method,
  clock: Pick<Clock, "monotonic">,
  measure: (call: StoreCall) => void,
  follow: Follow | null,
): Method {
  const isCached = cached.has(name);
  return (...args) => {
    if (isCached && (args[1] as { fresh?: boolean } | undefined)?.fresh !== true) return method(...args);
    const began = clock.monotonic();
    const answer = follow === null ? method(...args) : follow(name, () => method(...args));
    if (!(answer instanceof Promise)) return answer;
    const over = (failed: boolean) => measure({ method: name, durationMs: clock.monotonic() - began, failed });
    answer.then(
      () => over(false),
      () => over(true),
    );
    return answer;
  };
}
