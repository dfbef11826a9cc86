import { readStrictly } from "../fields.ts";
import { plainAddress } from "../listener.ts";
import type { Call } from "../requests/call.ts";
import { type InterfaceName, SIGN_INS } from "../requests/interfaces.ts";
import { FAULT_SPEC, type FaultKind, type FaultSpec } from "./fault.ts";

export interface Fault {
  readonly id: string;
  readonly spec: FaultSpec;
  /** How often it was played. */
  played: number;
  /** Aborted when the rule is gone: what hangs by it ends. */
  readonly cleared: AbortController;
}

type Matcher = (name: InterfaceName, path: string) => boolean;

interface Rule extends Fault {
  readonly matches: Matcher;
  passed: number;
}

const WORKS_FIRST: ReadonlySet<FaultKind> = new Set(["drip", "cut", "headers", "compressed", "interim"]);

/** The rules that say what goes wrong, for whom and how often. */
export class Faults {
  #rules: Rule[] = [];
  #count = 0;

  /** Throws a `TypeError` that says what is wrong with the rule. */
  add(given: FaultSpec): Fault {
    const spec = readStrictly(FAULT_SPEC, given);
    if (spec.kind === "retcode" && spec.retcode === undefined) throw new TypeError("retcode: missing");
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
    if (spec.forMs !== undefined) {
      const over = setTimeout(() => this.clear(rule.id), spec.forMs);
      over.unref();
      rule.cleared.signal.addEventListener("abort", () => clearTimeout(over), { once: true });
    }
    return rule;
  }

  /** The oldest rule that wants this call; counts it as played. `path` is below the resource path. */
  take({ route, request }: Call, path: string): Fault | null {
    if (this.#rules.length === 0) return null;
    for (const rule of this.#rules) {
      const { spec } = rule;
      if (rule.played >= (spec.times ?? Infinity)) continue;
      if (spec.agentId !== undefined && spec.agentId !== route.agentId) continue;
      if (spec.address !== undefined && spec.address !== plainAddress(request.socket.remoteAddress)) continue;
      if (!rule.matches(route.name, path)) continue;
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

function matcher(pattern: string): Matcher {
  if (pattern === "*") return () => true;
  if (pattern === "with-guid") return (name) => !SIGN_INS.has(name);
  if (!pattern.startsWith("/")) return (name) => name === pattern;
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${literal.join(".*")}$`);
  return (_name, path) => whole.test(path);
}
