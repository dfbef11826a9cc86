import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { median, rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** What a request costs with few sessions and with many, each asked for in turn. */
export const growth: Row = async (bench) => {
  const counts = bench.quick ? [100, 10_000] : [100, 1_000, 10_000, 50_000];
  const lines: string[][] = [];
  for (const count of counts) lines.push(await withSessions(bench, count));
  return {
    measured: {},
    tables: [
      {
        title: "Sessions in the store, all of them in use: 64 connections, HS256, sqlite",
        head: ["sessions", "requests a second", "CPU a request, µs", "MiB"],
        lines,
        note: "20,000 opened records and 10,000 verified tokens are remembered; past that each request reads and checks anew.",
      },
    ],
  };
};

function withSessions({ directory, gateway, extent }: Bench, count: number): Promise<string[]> {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(count);
    const tokens = writeTokens(directory, key, sessions);
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    await bindSessions(service.url, key, sessions, "external");
    await saturate(service.url, tokens, extent.warmUpSeconds + count / 2_000);
    const perSecond: number[] = [];
    const cost: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      const before = cpuSecondsOf(service.pid);
      const load = await saturate(service.url, tokens, extent.seconds);
      perSecond.push(load.perSecond);
      cost.push(((cpuSecondsOf(service.pid) - before) / load.requests) * 1e6);
    }
    return [rounded(count), rounded(median(perSecond)), rounded(median(cost)), rounded(memoryOf(service.pid))];
  });
}
