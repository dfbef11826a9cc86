import { INTERFACES, type InterfaceName } from "./interfaces.ts";

/** What can be wrong with an answer. Each is played on demand, by rules that the control interface adds. */
export const FAULTS = {
  retcode: "a failure with `retcode` (any code) and perhaps `message`, HTTP 200",
  status: "HTTP status `status` (default 500) with an HTML page, or `body`",
  hang: "no answer at all until the client leaves or the fault is cleared",
  drip: "the real answer, `chunk` bytes (default 1) every `everyMs` (default 100)",
  cut: "the real answer's head and half of its body, or `bytes` of it, then the socket is closed",
  reset: "the connection is reset before any answer",
  html: "an HTML page with 200",
  empty: "200 with an empty body",
  huge: "200 with a JSON body of `bytes` (default 32 MiB)",
  redirect: "`status` (default 302) to `location`",
  shape: "200 with JSON of a wrong shape, or with `body`",
  "invalid-json": "200 with something that is almost JSON",
  delay: "the real answer after `delayMs`",
  headers: "the real answer with `headers` changed: a text sets one, null removes one",
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface FaultSpec {
  readonly kind: FaultKind;
  /**
   * Names of interfaces, `*` for all, or a path below the resource path with `*` for any part: "poll",
   * "/agentconf/*", ["logout", "forcelogout"].
   */
  readonly on: string | readonly string[];
  readonly agentId?: string;
  /** How often it is played; left out: until cleared. */
  readonly times?: number;
  /** So many matching calls go through first. */
  readonly after?: number;
  /**
   * The gateway does its work first and the answer is spoiled then: a sign-in that happened and was never heard of.
   * Always so for the kinds that need the real answer (drip, cut, headers).
   */
  readonly worked?: boolean;
  /** Added to any kind, before it is played. Not scaled. */
  readonly delayMs?: number;
  readonly retcode?: string;
  readonly message?: string;
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly location?: string;
  readonly bytes?: number;
  readonly chunk?: number;
  readonly everyMs?: number;
}

export interface Fault {
  readonly id: string;
  readonly spec: FaultSpec;
  /** How often it was played. */
  played: number;
  /** Aborted when the fault is cleared: what hangs by it ends. */
  readonly cleared: AbortController;
}

interface Rule extends Fault {
  readonly matches: (name: InterfaceName, path: string) => boolean;
  passed: number;
}

const WORKS_FIRST: ReadonlySet<FaultKind> = new Set(["drip", "cut", "headers"]);

export class Faults {
  #rules: Rule[] = [];
  #count = 0;

  /** Throws a `TypeError` that says what is wrong with the rule. */
  add(spec: FaultSpec): Fault {
    check(spec);
    this.#count += 1;
    const patterns = (typeof spec.on === "string" ? [spec.on] : spec.on).map(matcher);
    const rule: Rule = {
      id: String(this.#count),
      spec,
      played: 0,
      passed: 0,
      cleared: new AbortController(),
      matches: (name, path) => patterns.some((matches) => matches(name, path)),
    };
    this.#rules.push(rule);
    return rule;
  }

  /** The oldest rule that wants this call; counts it as played. */
  take(name: InterfaceName, agentId: string, path: string): Fault | null {
    if (this.#rules.length === 0) return null;
    for (const rule of this.#rules) {
      const { spec } = rule;
      if (rule.played >= (spec.times ?? Infinity)) continue;
      if (spec.agentId !== undefined && spec.agentId !== agentId) continue;
      if (!rule.matches(name, path)) continue;
      if (rule.passed < (spec.after ?? 0)) {
        rule.passed += 1;
        continue;
      }
      rule.played += 1;
      return rule;
    }
    return null;
  }

  list(): Fault[] {
    return [...this.#rules];
  }

  /** Clears one rule, or all of them. Returns how many. */
  clear(id?: string): number {
    const going = this.#rules.filter((rule) => id === undefined || rule.id === id);
    this.#rules = this.#rules.filter((rule) => !going.includes(rule));
    for (const rule of going) rule.cleared.abort();
    return going.length;
  }
}

export function worksFirst({ kind, worked }: FaultSpec): boolean {
  return WORKS_FIRST.has(kind) || (worked ?? false);
}

function check(spec: FaultSpec): void {
  if (!Object.hasOwn(FAULTS, spec.kind)) throw new TypeError(`kind: one of ${Object.keys(FAULTS).join(", ")}`);
  const on = typeof spec.on === "string" ? [spec.on] : spec.on;
  if (!Array.isArray(on) || on.length === 0) throw new TypeError("on: names of interfaces, * or a path");
  for (const name of on as unknown[]) {
    const known = typeof name === "string" && (name === "*" || name.startsWith("/") || isInterface(name));
    if (!known) throw new TypeError(`on: one of ${INTERFACES.join(", ")}, * or a path that begins with /`);
  }
  if (spec.kind === "retcode" && !spec.retcode) throw new TypeError("retcode: missing");
  for (const name of ["times", "after", "delayMs", "status", "bytes", "chunk", "everyMs"] as const) {
    const value: unknown = spec[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0)) throw new TypeError(`${name}: a number`);
  }
}

function isInterface(name: string): name is InterfaceName {
  return (INTERFACES as readonly string[]).includes(name);
}

function matcher(pattern: string): (name: InterfaceName, path: string) => boolean {
  if (pattern === "*") return () => true;
  if (!pattern.startsWith("/")) return (name) => name === pattern;
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${literal.join(".*")}$`);
  return (_name, path) => whole.test(path);
}
