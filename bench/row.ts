import type { GatewayStub } from "./gateway/gateway-stub.ts";
import type { Extent, Standing } from "./rounds.ts";
import { rounded } from "./statistics.ts";

/** What a row gets to work with. */
export interface Bench {
  /** Temporary, and gone afterwards. */
  readonly directory: string;
  readonly gateway: GatewayStub;
  readonly extent: Extent;
  readonly quick: boolean;
  say(text: string): void;
}

/** What a row found: a figure for each of its goals, and tables for those who want to know more. */
export interface Finding {
  readonly measured: Readonly<Record<string, number>>;
  readonly tables: readonly Table[];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** Said below it. */
  readonly note?: string;
}

export type Row = (bench: Bench) => Promise<Finding>;

/** Contenders side by side, relative to the first. */
export function standingsTable(title: string, standings: readonly Standing[], note?: string): Table {
  const [first] = standings;
  return {
    title,
    head: ["", "requests a second", "spread", "against it", "p50 ms", "p99 ms", "gateway calls a request"],
    lines: standings.map((one) => [
      one.name,
      rounded(one.perSecond),
      `${rounded(one.spread * 100)} %`,
      one === first || first === undefined ? "" : `${rounded(first.perSecond / one.perSecond)} ×`,
      rounded(one.p50),
      rounded(one.p99),
      rounded(one.queriesPerRequest),
    ]),
    ...(note === undefined ? {} : { note }),
  };
}

/** How many times as fast the first is. */
export function ratio(standings: readonly Standing[], name: string): number {
  const of = (wanted: string | undefined): number =>
    standings.find((one) => one.name === wanted)?.perSecond ?? Number.NaN;
  return of(standings[0]?.name) / of(name);
}
