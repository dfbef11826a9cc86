import type { Estimate } from "./statistics.ts";

/** What the service is held to. The aim is what we are after, the floor what may land. */
export interface Goal {
  readonly id: string;
  /** The row that measures it. */
  readonly row: string;
  readonly case: string;
  readonly unit: "×" | "MiB" | "KiB" | "ms" | "s" | "cores" | "calls a second" | "calls a request";
  readonly better: "higher" | "lower";
  readonly floor: number;
  readonly aim: number;
}

const higher = (row: string, id: string, text: string, unit: Goal["unit"], floor: number, aim: number): Goal => {
  return { id, row, case: text, unit, better: "higher", floor, aim };
};
const lower = (row: string, id: string, text: string, unit: Goal["unit"], floor: number, aim: number): Goal => {
  return { id, row, case: text, unit, better: "lower", floor, aim };
};

export const goals: readonly Goal[] = [
  higher("throughput", "fastify", "64 connections, 1,000 sessions, HS256: against fastify+helmet+undici", "×", 0.6, 1),
  higher("throughput", "plain-express", "the same, against plain express+helmet+jsonwebtoken+got", "×", 3, 5),
  higher("throughput", "http-proxy-middleware", "the same, against http-proxy-middleware", "×", 1.5, 2.5),
  higher("algorithms", "rs256", "the same with RS256, against nginx+njs", "×", 1, 2),
  higher("algorithms", "es256", "the same with ES256, against nginx+njs", "×", 1, 2),
  higher("team", "team", "64 connections, 10 sessions, against nginx+njs HS256", "×", 0.5, 1),
  lower("team", "team-upstream", "gateway calls in that case", "calls a request", 0.25, 0.25),
  higher("fresh", "fresh", "fresh for 250 ms, 1,000 sessions of one VDN, against nginx+njs HS256", "×", 0.5, 1),
  lower("fresh", "fresh-upstream", "gateway calls in that case", "calls a second", 5, 5),
  lower("latency", "p99", "p99 at half of saturation, against fastify+helmet+undici", "×", 1.5, 1),
  higher("https", "https", "HTTPS gateway with keep-alive, against HTTP", "×", 0.8, 0.95),
  lower("memory", "memory", "memory after a million requests", "MiB", 200, 120),
  lower("listeners", "listener-bytes", "10,000 listeners on /session/events, each", "KiB", 40, 20),
  lower("listeners", "fan-out", "an event at all of them", "ms", 500, 200),
  lower("listeners", "list-listener-bytes", "10,000 listeners on /conferences/stream, each", "KiB", 40, 24),
  lower("listeners", "list-fan-out", "another list at all of them", "ms", 500, 155),
  lower("agents", "agents-cpu", "10,000 agents kept alive, polls of 10 s", "cores", 1, 0.5),
  lower("agents", "agents-memory", "memory of that", "MiB", 1_536, 1_024),
  lower("agents", "agents-most-cpu", "20,000 agents kept alive, polls of 10 s", "cores", 2, 1),
  lower("agents", "agents-most-memory", "memory of that", "MiB", 2_048, 1_024),
  lower("agents", "agents-most-delay", "p99 of the event loop's delay in that", "ms", 20, 20),
  lower("claims", "claims", "10,000 agents polled again after a restart, Redis 4 ms away", "s", 30, 30),
  lower("claims", "claims-far", "250 agents polled again after a restart, Redis 300 ms away", "s", 30, 30),
  lower("growth", "growth", "a request with 50,000 sessions in use, against one with 1,000, by CPU", "×", 1.5, 1.5),
  lower("instances", "instances", "a request on four instances of one Redis, against one, by CPU", "×", 1.2, 1.2),
  lower("start", "start", "start to first answer", "ms", 1_000, 400),
  higher("stores", "redis", "Redis store against sqlite, hot session", "×", 0.7, 1),
];

type Verdict = "aim" | "floor" | "missed" | "not told";

/** What a measured figure says about a goal. One whose bounds lie on both sides of the floor says nothing. */
export function verdictOf(goal: Goal, measured: number | Estimate): Verdict {
  const { low, high } = typeof measured === "number" ? { low: measured, high: measured } : measured;
  const [worst, best] = goal.better === "higher" ? [low, high] : [high, low];
  const holds = (figure: number, bound: number): boolean =>
    goal.better === "higher" ? figure >= bound : figure <= bound;
  if (holds(worst, goal.aim)) return "aim";
  if (holds(worst, goal.floor)) return "floor";
  return holds(best, goal.floor) ? "not told" : "missed";
}
