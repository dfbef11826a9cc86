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
  const counts = bench.quick ? [1_000, 10_000] : [1_000, 10_000, 50_000];
  const found: Awaited<ReturnType<typeof withSessions>>[] = [];
  for (const count of counts) found.push(await withSessions(bench, count));
  const few = found.find(({ count }) => count === 1_000);
  const many = found.find(({ count }) => count === 50_000);
  return {
    measured: few === undefined || many === undefined ? {} : { growth: many.cost / few.cost },
    tables: [
      {
        title: "Sessions in the store, all of them in use: 64 connections, HS256, sqlite",
        head: ["sessions", "requests a second", "CPU a request, µs", "MiB"],
        lines: found.map((one) => [rounded(one.count), rounded(one.perSecond), rounded(one.cost), rounded(one.mib)]),
        note: "Verified tokens and opened records are remembered up to a number of octets, which 50,000 sessions in use fit into.",
      },
    ],
  };
};

function withSessions({ directory, gateway, extent }: Bench, count: number) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(count);
    const tokens = writeTokens(directory, key, sessions);
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    await bindSessions(service.url, key, sessions, "external");
    await saturate(service, tokens, extent.warmUpSeconds + count / 2_000);
    const perSecond: number[] = [];
    const cost: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      const before = cpuSecondsOf(service.pid);
      const load = await saturate(service, tokens, extent.seconds);
      perSecond.push(load.perSecond);
      cost.push(((cpuSecondsOf(service.pid) - before) / load.requests) * 1e6);
    }
    return { count, perSecond: median(perSecond), cost: median(cost), mib: memoryOf(service.pid) };
  });
}
