import { setTimeout as wait } from "node:timers/promises";
import { closing } from "./closing.ts";
import { type Contender, startService } from "./contenders.ts";
import { memoryOf } from "./processes.ts";
import { cpuSecondsOf } from "./processor-time.ts";
import type { Revision } from "./revision.ts";
import { interleaved } from "./rounds.ts";
import type { Bench, Table } from "./row.ts";
import { type Start, startToFirstAnswer } from "./rows/start.ts";
import type { ServiceStart } from "./service-command.ts";
import { bindSessions, someSessions, writeTokens } from "./sessions.ts";
import { type Estimate, median, pairedRatio, rounded, withBounds } from "./statistics.ts";
import { newKey } from "./tokens.ts";

/** What one case gave for this tree and for the other: the figures of the same rounds, in their order. */
interface Pairs {
  readonly what: string;
  readonly unit: string;
  readonly here: readonly number[];
  readonly there: readonly number[];
}

const HERE = "this tree";

type Case = (bench: Bench, revision: Revision) => Promise<Pairs[]>;

export const cases = { requests, agents, start } as const satisfies Readonly<Record<string, Case>>;
export type CaseName = keyof typeof cases;

/** This tree beside another revision in the same run, all figures pair by pair. Less is better in each of them. */
export async function compare(bench: Bench, revision: Revision, name: CaseName): Promise<Table> {
  const pairs = await cases[name](bench, revision);
  return {
    title: `${name}: this tree against ${revision.name}`,
    head: ["", "this tree", "the other", "this tree needs", "verdict"],
    lines: pairs.map(({ what, unit, here, there }) => {
      const ratio = pairedRatio(here, there);
      const needs = `${withBounds(ratio)} × as much`;
      return [`${what}, ${unit}`, rounded(median(here)), rounded(median(there)), needs, verdictOn(ratio)];
    }),
    note: "In parentheses: where the true ratio lies in 95 of 100 cases. Where that includes 1, nothing is told.",
  };
}

/** Whether this tree needs less than the other. */
function verdictOn({ low, high }: Estimate): "better" | "worse" | "not told" {
  if (high < 1) return "better";
  return low > 1 ? "worse" : "not told";
}

/** `GET /conferences` under full load: 64 connections, 1,000 sessions, nothing shared. */
function requests({ directory, gateway, extent }: Bench, revision: Revision): Promise<Pairs[]> {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const both: Contender[] = [];
    for (const options of [{ name: HERE }, { name: revision.name, ...revision.start }]) {
      const service = keep(await startService(setting, options));
      await bindSessions(service.url, key, sessions, "external");
      both.push(service);
    }
    const rivals = both.map((contender) => ({ contender, tokens }));
    const [here, there] = (await interleaved(rivals, extent, gateway)).map(({ rounds }) => rounds);
    const pairsOf = (what: string, unit: string, of: (round: NonNullable<typeof here>[number]) => number): Pairs => ({
      what,
      unit,
      here: (here ?? []).map(of),
      there: (there ?? []).map(of),
    });
    const memory = both.map(({ pid }) => memoryOf(pid));
    return [
      pairsOf("GET /conferences, processor time a request", "µs", ({ cpuMicros }) => cpuMicros),
      pairsOf("GET /conferences, time a request at full load", "µs", ({ perSecond }) => 1e6 / perSecond),
      pairsOf("GET /conferences, p99 at full load", "ms", ({ p99 }) => p99),
      { what: "memory after that", unit: "MiB", here: memory.slice(0, 1), there: memory.slice(1) },
    ];
  });
}

/**
 * Both keep as many agents alive at the same time, so that they meet the same machine. Twice, each of them the first one once: of
 * twice the same revision the one that was started first needed up to 7 % more.
 */
async function agents(bench: Bench, revision: Revision): Promise<Pairs[]> {
  const count = bench.quick ? 500 : 3_000;
  const here: number[] = [];
  const there: number[] = [];
  for (const hereFirst of [true, false]) {
    const order = [
      { name: HERE, used: here },
      { name: revision.name, used: there, ...revision.start },
    ];
    await keptAlive(bench, count, hereFirst ? order : order.reverse());
  }
  return [{ what: `${count} agents kept alive`, unit: "cores", here, there }];
}

/** Adds the cores that each of them has used in each round to its `used`. */
function keptAlive(
  { directory, gateway, extent }: Bench,
  count: number,
  order: readonly (ServiceStart & { readonly name: string; readonly used: number[] })[],
): Promise<void> {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const setting = { directory, key, gatewayUrl: gateway.url };
    const all = someSessions(order.length * count);
    const running: { readonly pid: number; readonly used: number[] }[] = [];
    for (const [place, { used, ...options }] of order.entries()) {
      const service = keep(await startService(setting, options));
      await bindSessions(service.url, key, all.slice(place * count, (place + 1) * count), "managed");
      running.push({ pid: service.pid, used });
    }
    // A round of polls to settle.
    await wait(12_000);
    for (let round = 0; round < extent.mostRounds / 2; round++) {
      const before = running.map(({ pid }) => cpuSecondsOf(pid));
      // As long as a poll is held, so that each round has all of them once.
      await wait(10_300);
      for (const [place, { pid, used }] of running.entries())
        used.push((cpuSecondsOf(pid) - (before[place] ?? 0)) / 10.3);
    }
  });
}

async function start({ directory, gateway, extent }: Bench, revision: Revision): Promise<Pairs[]> {
  const here: Start[] = [];
  const there: Start[] = [];
  for (let run = 0; run <= extent.mostRounds; run++) {
    const pair = [
      await startToFirstAnswer(directory, gateway),
      await startToFirstAnswer(directory, gateway, revision.start),
    ] as const;
    // The first ones find nothing in the machine's file cache.
    if (run === 0) continue;
    here.push(pair[0]);
    there.push(pair[1]);
  }
  const pairsOf = (what: string, of: (one: Start) => number): Pairs => {
    return { what, unit: "ms", here: here.map(of), there: there.map(of) };
  };
  return [pairsOf("start to first answer", ({ ms }) => ms), pairsOf("processor time of that", ({ cpuMs }) => cpuMs)];
}
