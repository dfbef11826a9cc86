import type { GatewayStub } from "./gateway/gateway-stub.ts";
import type { Extent, Standing } from "./rounds.ts";
import { type Estimate, pairedRatio, rounded, withBounds } from "./statistics.ts";

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
  readonly measured: Readonly<Record<string, number | Estimate>>;
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
    head: [
      "",
      "requests a second",
      "spread",
      "CPU a request, µs",
      "spread",
      "against it, by CPU",
      "by requests",
      "p50 ms",
      "p99 ms",
      "gateway calls a request",
    ],
    lines: standings.map((one) => [
      one.name,
      rounded(one.perSecond),
      `${rounded(one.spread * 100)} %`,
      rounded(one.cpuMicros),
      `${rounded(one.cpuSpread * 100)} %`,
      ...(one === first || first === undefined
        ? ["", ""]
        : [`${withBounds(byProcessorTime(first, one))} ×`, `${withBounds(byRequests(first, one))} ×`]),
      rounded(one.p50),
      rounded(one.p99),
      rounded(one.queriesPerRequest),
    ]),
    ...(note === undefined ? {} : { note }),
  };
}

/** How many times as much the other one needs of a core for a request: what goals are judged by. */
export function ratio(standings: readonly Standing[], name: string): Estimate {
  const [first] = standings;
  const other = standings.find((one) => one.name === name);
  if (first === undefined || other === undefined) throw new Error(`${name} was not measured`);
  return byProcessorTime(first, other);
}

function byProcessorTime(first: Standing, other: Standing): Estimate {
  const cost = ({ rounds }: Standing): number[] => rounds.map(({ cpuMicros }) => cpuMicros);
  return pairedRatio(cost(other), cost(first));
}

function byRequests(first: Standing, other: Standing): Estimate {
  const speed = ({ rounds }: Standing): number[] => rounds.map(({ perSecond }) => perSecond);
  return pairedRatio(speed(first), speed(other));
}
