import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Agents kept alive by one process: long polls of 10 s, each agent's Guid renewed once a minute. */
export const agents: Row = async (bench) => {
  const counts = bench.quick ? [1_000, 10_000] : [1_000, 5_000, 10_000];
  const found: Awaited<ReturnType<typeof keepAlive>>[] = [];
  for (const count of counts) found.push(await keepAlive(bench, count));
  const most = found.at(-1);
  return {
    measured: { "agents-cpu": most?.cores ?? Number.NaN, "agents-memory": most?.mib ?? Number.NaN },
    tables: [
      {
        title: "Agents kept alive by one process, polls of 10 s",
        head: ["agents", "polls a second", "cores", "MiB", "agents without a poll at the end"],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.pollsPerSecond),
          rounded(one.cores),
          rounded(one.mib),
          rounded(one.missing),
        ]),
        note: "Without a poll at the end: between two polls, which is 300 ms of every 10.3 s.",
      },
    ],
  };
};

function keepAlive({ directory, gateway, quick }: Bench, count: number) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    await bindSessions(service.url, key, someSessions(count), "managed");
    // A round of polls to settle, and then over a minute, so that each Guid is renewed once.
    await wait(12_000);
    const seconds = quick ? 20 : 62;
    const [cpu, before, from] = [cpuSecondsOf(service.pid), await gateway.counts(), performance.now()];
    await wait(seconds * 1_000);
    const took = (performance.now() - from) / 1_000;
    const after = await gateway.counts();
    const cores = (cpuSecondsOf(service.pid) - cpu) / took;
    const pollsPerSecond = (after.polls - before.polls) / took;
    if (pollsPerSecond < count / 15) throw new Error(`only ${pollsPerSecond} polls a second of ${count} agents`);
    return { count, cores, mib: memoryOf(service.pid), pollsPerSecond, missing: count - after.heldPolls };
  });
}
