import type { Contender } from "./contenders.ts";
import type { GatewayStub } from "./gateway/gateway-stub.ts";
import { type Load, saturate } from "./load/wrk.ts";
import { median, spread } from "./statistics.ts";

/** How much is measured; `--quick` is for a first look. */
export interface Extent {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface Rival {
  readonly contender: Contender;
  /** The tokens file. */
  readonly tokens: string;
}

export interface Round extends Load {
  /** Conference queries that the gateway got meanwhile. */
  readonly queries: number;
}

export interface Standing {
  readonly name: string;
  readonly perSecond: number;
  readonly spread: number;
  readonly p50: number;
  readonly p99: number;
  readonly queriesPerRequest: number;
  readonly queriesPerSecond: number;
  readonly rounds: readonly Round[];
}

/**
 * Full load on one after the other, again and again (A B C A B C): what disturbs the machine for a while disturbs all
 * of them alike. Throws when a contender refused or broke anything: a fast error is no answer.
 */
export async function interleaved(
  rivals: readonly Rival[],
  extent: Extent,
  gateway: Pick<GatewayStub, "counts"> | null,
  connections = 64,
): Promise<Standing[]> {
  const rounds = new Map<string, Round[]>();
  for (let number = 0; number <= extent.rounds; number++) {
    for (const { contender, tokens } of rivals) {
      const seconds = number === 0 ? extent.warmUpSeconds : extent.seconds;
      const before = (await gateway?.counts())?.queries ?? 0;
      const load = await saturate(contender.url, tokens, seconds, connections);
      const queries = ((await gateway?.counts())?.queries ?? 0) - before;
      if (load.refused + load.broken > 0) {
        throw new Error(`${contender.name}: ${load.refused} answers were errors, ${load.broken} never came`);
      }
      if (number === 0) continue;
      rounds.set(contender.name, [...(rounds.get(contender.name) ?? []), { ...load, queries }]);
    }
  }
  return [...rounds].map(([name, all]) => standing(name, all));
}

function standing(name: string, rounds: readonly Round[]): Standing {
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  return {
    name,
    perSecond: of((round) => round.perSecond),
    spread: spread(rounds.map((round) => round.perSecond)),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    queriesPerRequest: of((round) => round.queries / round.requests),
    queriesPerSecond: of((round) => round.queries / round.seconds),
    rounds,
  };
}
