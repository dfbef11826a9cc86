import type { Contender } from "./contenders.ts";
import type { GatewayStub } from "./gateway/gateway-stub.ts";
import { type Load, saturate } from "./load/wrk.ts";
import { cpuSecondsOf } from "./processor-time.ts";
import { median, pairedRatio, spread, uncertainty } from "./statistics.ts";

/** How much is measured; `--quick` is for a first look. */
export interface Extent {
  readonly rounds: number;
  /** So many where the ratios are not clear by then. */
  readonly mostRounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** More rounds than the least, and a row once more, only as long as this has not passed. */
  readonly longestSeconds: number;
}

/** Ratios whose bounds are further away than this share of them ask for more rounds. */
const UNCLEAR = 0.04;

interface Rival {
  readonly contender: Contender;
  /** The tokens file. */
  readonly tokens: string;
}

interface Round extends Load {
  /** Conference queries that the gateway got meanwhile. */
  readonly queries: number;
  /** Processor time of one request, µs: of the contender's process and all below it, user and kernel mode. */
  readonly cpuMicros: number;
}

export interface Standing {
  readonly name: string;
  readonly perSecond: number;
  readonly spread: number;
  /** Processor time of a request, µs. */
  readonly cpuMicros: number;
  readonly cpuSpread: number;
  readonly p50: number;
  readonly p99: number;
  readonly queriesPerRequest: number;
  readonly queriesPerSecond: number;
  readonly rounds: readonly Round[];
}

/**
 * Full load on one after the other, again and again (A B C, C B A): what disturbs the machine for a while disturbs all
 * of them alike.
 */
export async function interleaved(
  rivals: readonly Rival[],
  extent: Extent,
  gateway: Pick<GatewayStub, "counts"> | null,
  connections = 64,
): Promise<Standing[]> {
  const rounds = new Map<string, Round[]>();
  const until = performance.now() + extent.longestSeconds * 1_000;
  const goesOn = (number: number): boolean =>
    number <= extent.mostRounds && performance.now() < until && isUnclear(rounds);
  for (let number = 0; number <= extent.rounds || goesOn(number); number++) {
    // There and back again: what gets better or worse all the time favours nobody either.
    for (const { contender, tokens } of number % 2 === 0 ? rivals : [...rivals].reverse()) {
      const seconds = number === 0 ? extent.warmUpSeconds : extent.seconds;
      const before = (await gateway?.counts())?.queries ?? 0;
      const cpuBefore = cpuSecondsOf(contender.pid);
      const load = await saturate(contender, tokens, seconds, connections);
      const queries = ((await gateway?.counts())?.queries ?? 0) - before;
      const cpuMicros = ((cpuSecondsOf(contender.pid) - cpuBefore) / load.requests) * 1e6;
      if (number === 0) continue;
      rounds.set(contender.name, [...(rounds.get(contender.name) ?? []), { ...load, queries, cpuMicros }]);
    }
  }
  return rivals.map(({ contender: { name } }) => standing(name, rounds.get(name) ?? []));
}

function isUnclear(rounds: ReadonlyMap<string, readonly Round[]>): boolean {
  const [first, ...others] = [...rounds.values()].map((all) => all.map(({ cpuMicros }) => cpuMicros));
  return first !== undefined && others.some((other) => uncertainty(pairedRatio(other, first)) > UNCLEAR);
}

function standing(name: string, rounds: readonly Round[]): Standing {
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  return {
    name,
    perSecond: of((round) => round.perSecond),
    spread: spread(rounds.map((round) => round.perSecond)),
    cpuMicros: of((round) => round.cpuMicros),
    cpuSpread: spread(rounds.map((round) => round.cpuMicros)),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    queriesPerRequest: of((round) => round.queries / round.requests),
    queriesPerSecond: of((round) => round.queries / round.seconds),
    rounds,
  };
}
