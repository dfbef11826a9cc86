import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closing } from "../closing.ts";
import { type Contender, startNginxWith, startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { LOAD_CORE, memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import { startRedis } from "../redis.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { median, rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const template = fileURLToPath(new URL("instances-nginx.conf", import.meta.url));

/** What sharing the work costs: the same core for one, two and four instances on one Redis. */
export const instances: Row = async (bench) => {
  const found: Awaited<ReturnType<typeof withInstances>>[] = [];
  for (const count of [1, 2, 4]) found.push(await withInstances(bench, count));
  const [one, , four] = found;
  return {
    measured: one === undefined || four === undefined ? {} : { instances: four.cost / one.cost },
    tables: [
      {
        title: "Instances behind a balancer, on one Redis: 64 connections, 1,000 sessions, HS256",
        head: ["instances", "requests a second", "CPU a request, µs", "MiB, all of them"],
        lines: found.map((each) => [
          rounded(each.count),
          rounded(each.perSecond),
          rounded(each.cost),
          rounded(each.mib),
        ]),
        note:
          "All instances share the one measured core, so this is what sharing costs, not what more cores bring. The balancer " +
          "is on the load's core.",
      },
    ],
  };
};

function withInstances({ directory, gateway, extent }: Bench, count: number) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const redis = keep(await startRedis(directory));
    const setting = { directory, key, gatewayUrl: gateway.url };
    const all: Contender[] = [];
    for (let number = 1; number <= count; number++) {
      all.push(keep(await startService(setting, { name: `instance ${number}`, environment: redis.environment })));
    }
    const servers = all.map(({ url }) => `server ${new URL(url).host};`).join("\n");
    const own = mkdtempSync(join(directory, "balancer-"));
    const balancer = keep(await startNginxWith("balancer", template, own, LOAD_CORE, { INSTANCES: servers }));
    await bindSessions(balancer.url, key, sessions, "external");
    await saturate(balancer, tokens, extent.warmUpSeconds + count * 3);
    const cpu = (): number => all.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    const perSecond: number[] = [];
    const cost: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      const before = cpu();
      const load = await saturate(balancer, tokens, extent.seconds);
      perSecond.push(load.perSecond);
      cost.push(((cpu() - before) / load.requests) * 1e6);
    }
    const mib = all.reduce((sum, { pid }) => sum + memoryOf(pid), 0);
    return { count, perSecond: median(perSecond), cost: median(cost), mib };
  });
}
