import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Each agent's poll has a connection, and some files are open besides. */
const OTHER_FILES = 500;

/** As many as a process may have connections here, up to the 20,000 of the goal. */
function mostAgents(): number {
  const allowed = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
  return Math.min(20_000, (allowed || Number.POSITIVE_INFINITY) - OTHER_FILES);
}

/** Agents kept alive by one process: long polls of 10 s, each agent's Guid renewed once a minute. */
export const agents: Row = async (bench) => {
  const counts = bench.quick ? [1_000, 10_000] : [1_000, 10_000, mostAgents()];
  const found: Awaited<ReturnType<typeof keepAlive>>[] = [];
  for (const count of counts) found.push(await keepAlive(bench, count));
  const goal = found.find(({ count }) => count === 10_000);
  const most = found.find(({ count }) => count === 20_000);
  return {
    measured: {
      ...(goal && { "agents-cpu": goal.cores, "agents-memory": goal.mib }),
      ...(most && {
        "agents-most-cpu": most.cores,
        "agents-most-memory": most.mib,
        "agents-most-delay": most.delayMs,
      }),
    },
    tables: [
      {
        title: "Agents kept alive by one process, polls of 10 s",
        head: [
          "agents",
          "polls a second",
          "cores",
          "MiB",
          "event-loop delay p99, ms",
          "agents without a poll at the end",
        ],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.pollsPerSecond),
          rounded(one.cores),
          rounded(one.mib),
          rounded(one.delayMs),
          rounded(one.missing),
        ]),
        note: "The delay is what the service itself measures, less the 10 ms between two of its looks. Without a poll at the end: between two polls, which is 300 ms of every 10.3 s. Fewer than 20,000 are measured where a process may not have so many files open (ulimit -Hn).",
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
    await eventLoopDelay(service.url);
    const [cpu, before, from] = [cpuSecondsOf(service.pid), await gateway.counts(), performance.now()];
    await wait(seconds * 1_000);
    const took = (performance.now() - from) / 1_000;
    const after = await gateway.counts();
    const cores = (cpuSecondsOf(service.pid) - cpu) / took;
    const pollsPerSecond = (after.polls - before.polls) / took;
    if (pollsPerSecond < count / 15) throw new Error(`only ${pollsPerSecond} polls a second of ${count} agents`);
    const [mib, delayMs] = [memoryOf(service.pid), await eventLoopDelay(service.url)];
    return { count, cores, mib, delayMs, pollsPerSecond, missing: count - after.heldPolls };
  });
}

/** Between two looks at the event loop; what is measured holds it. */
const RESOLUTION_MS = 10;

/** How late the event loop was at most in 99 of 100 looks, since this was asked last; in ms. */
async function eventLoopDelay(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1];
  return Number(seconds) * 1_000 - RESOLUTION_MS;
}
