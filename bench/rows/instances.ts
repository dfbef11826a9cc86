import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closing } from "../closing.ts";
import { type Contender, type Setting, startNginxWith, startNodePeer, startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { LOAD_CORE, memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import { startRedis } from "../redis.ts";
import type { Bench, Row } from "../row.ts";
import { type BenchSession, bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { median, pairedRatio, rounded, withBounds } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const template = fileURLToPath(new URL("instances-nginx.conf", import.meta.url));

const REDIS = "conferences-bff, on one Redis";
const APART = "conferences-bff, each on an sqlite file of its own";
const FASTIFY = "fastify+helmet+undici";

/** Each with the number of instances that it is measured with, the one that its others are set against first. */
const settings = [
  { kind: REDIS, counts: [1, 2, 4] },
  { kind: APART, counts: [1, 4] },
  { kind: FASTIFY, counts: [1, 4] },
] as const;
type Kind = (typeof settings)[number]["kind"];

/**
 * What sharing the work costs: the same core for one, two and four instances on one Redis. Beside it what several processes on
 * one core cost that share nothing, of ours and of a peer's.
 */
export const instances: Row = async (bench) => {
  const found: Awaited<ReturnType<typeof withInstances>>[] = [];
  for (const { kind, counts } of settings) {
    for (const count of counts) found.push(await withInstances(bench, kind, count));
  }
  const of = (kind: Kind, count: number) => found.find((one) => one.kind === kind && one.count === count);
  const against = (each: (typeof found)[number], base: (typeof found)[number] | undefined) =>
    base === undefined || base === each ? "" : `${withBounds(pairedRatio(each.costs, base.costs))} ×`;
  const [one, four] = [of(REDIS, 1), of(REDIS, 4)];
  return {
    measured: one === undefined || four === undefined ? {} : { instances: pairedRatio(four.costs, one.costs) },
    tables: [
      {
        title: "Instances behind a balancer: 64 connections, 1,000 sessions, HS256",
        head: [
          "",
          "instances",
          "requests a second",
          "CPU a request, µs",
          "against one",
          "against apart",
          "MiB, all of them",
        ],
        lines: found.map((each) => [
          each.kind,
          rounded(each.count),
          rounded(each.perSecond),
          rounded(median(each.costs)),
          against(each, of(each.kind, 1)),
          each.kind === REDIS ? against(each, of(APART, each.count)) : "",
          rounded(each.mib),
        ]),
        note:
          "All instances share the one measured core: this is what sharing costs, not what more cores bring. What four that share " +
          "nothing cost more than one is the core's: each has a quarter of the requests at a time, and the core's caches in turn. " +
          "What one Redis adds is told against those apart. The balancer is on the load's core.",
      },
    ],
  };
};

function withInstances({ directory, gateway, extent }: Bench, kind: Kind, count: number) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const redis = kind === REDIS ? keep(await startRedis(directory)) : null;
    const all: Contender[] = [];
    for (let number = 1; number <= count; number++) {
      const name = `instance ${number}`;
      const environment = redis?.environment ?? {};
      all.push(keep(await (kind === FASTIFY ? peer(setting, sessions) : startService(setting, { name, environment }))));
    }
    const servers = all.map(({ url }) => `server ${new URL(url).host};`).join("\n");
    const own = mkdtempSync(join(directory, "balancer-"));
    const balancer = keep(await startNginxWith("balancer", template, own, LOAD_CORE, { INSTANCES: servers }));
    const bound = { [REDIS]: [balancer], [APART]: all, [FASTIFY]: [] }[kind];
    for (const { url } of bound) await bindSessions(url, key, sessions, "external");
    await saturate(balancer, tokens, extent.warmUpSeconds + count * 3);
    const cpu = (): number => all.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    const perSecond: number[] = [];
    const costs: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      const before = cpu();
      const load = await saturate(balancer, tokens, extent.seconds);
      perSecond.push(load.perSecond);
      costs.push(((cpu() - before) / load.requests) * 1e6);
    }
    const mib = all.reduce((sum, { pid }) => sum + memoryOf(pid), 0);
    return { kind, count, perSecond: median(perSecond), costs, mib };
  });
}

const peer = (setting: Setting, sessions: readonly BenchSession[]): Promise<Contender> =>
  startNodePeer("fastify-undici", setting, writeSessions(setting.directory, sessions));
