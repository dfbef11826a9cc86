import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Goal, goals, verdictOf } from "./goals.ts";
import type { Machine } from "./machine.ts";
import type { Finding, Table } from "./row.ts";
import { type Estimate, rounded, withBounds } from "./statistics.ts";

/** What was last measured of a row, and under which circumstances. */
export interface Measurement extends Finding {
  readonly date: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly machine: Machine;
  /** How busy the machine was with other things when the row began: the load average of the last minute. */
  readonly loadBefore: number;
  /** What was measured an hour or more before, with a verdict of its own: figures that hold are the same twice. */
  readonly earlier?: Earlier;
}

interface Earlier {
  readonly date: string;
  /** Figures of two machines are told apart by it. */
  readonly cpu: string;
  readonly measured: Finding["measured"];
}

export type Measurements = Readonly<Record<string, Measurement>>;
/** Sooner, it is the same busy hour, and what is measured anew replaces what it found. */
const APART_MS = 3_600_000;

/** One line a row. */
const dataFile = new URL("results.jsonl", import.meta.url);
const page = new URL("RESULTS.md", import.meta.url);

/** Rows are measured together or one by one; what is not measured again stays, with its date. */
export function keep(row: string, measurement: Measurement): void {
  const all = withMeasured(measurements(), row, measurement);
  const lines = Object.entries(all).map((entry) => JSON.stringify(entry));
  writeFileSync(dataFile, `${lines.join("\n")}\n`);
  writeFileSync(page, asPage(all));
}

/** The row as it was measured last, and what was measured of it an hour or more before. */
export function withMeasured(all: Measurements, row: string, measurement: Measurement): Measurements {
  const last = all[row];
  if (last === undefined) return { ...all, [row]: measurement };
  const isApart = Date.parse(measurement.date) - Date.parse(last.date) >= APART_MS;
  const earlier = isApart ? { date: last.date, cpu: last.machine.cpu, measured: last.measured } : last.earlier;
  return { ...all, [row]: { ...measurement, ...(earlier && { earlier }) } };
}

function measurements(): Measurements {
  if (!existsSync(dataFile)) return {};
  const lines = readFileSync(dataFile, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, Measurement]));
}

const verdicts = { aim: "aim reached", floor: "floor holds", missed: "**missed**", "not told": "not told" } as const;
const sign = (goal: Goal): string => (goal.better === "higher" ? "≥" : "≤");
const cell = (goal: Goal, value: number | Estimate): string =>
  `${typeof value === "number" ? rounded(value) : withBounds(value)} ${goal.unit}`;

/** The goals of the rows that were measured, as lines of a table. */
export function goalTable(rows: Readonly<Record<string, Finding>>): Table {
  const lines = goals.map((goal) => [...boundsOf(goal), ...told(goal, rows[goal.row]?.measured[goal.id])]);
  return { title: "Goals", head: ["Case", "Floor", "Aim", "Measured", "Verdict"], lines };
}

/** The same with what was measured an hour or more before each. */
export function goalTableTwice(rows: Measurements): Table {
  const lines = goals.map((goal) => {
    const row = rows[goal.row];
    const earlier = row?.earlier?.measured[goal.id];
    return [
      ...boundsOf(goal),
      ...told(goal, row?.measured[goal.id]),
      ...(earlier === undefined ? ["", ""] : told(goal, earlier)),
    ];
  });
  return {
    title: "Goals",
    head: ["Case", "Floor", "Aim", "Measured", "Verdict", "Before", "Verdict"],
    lines,
    note: "Before: what was measured of the same row an hour or more earlier; when, and on which machine, stands below each row.",
  };
}

const boundsOf = (goal: Goal): string[] => [
  goal.case,
  `${sign(goal)} ${cell(goal, goal.floor)}`,
  `${sign(goal)} ${cell(goal, goal.aim)}`,
];

const told = (goal: Goal, value: number | Estimate | undefined): string[] =>
  value === undefined ? ["not measured", ""] : [cell(goal, value), verdicts[verdictOf(goal, value)]];

/** The goals of a row about which it tells nothing. */
export function notTold(row: string, { measured }: Finding): string[] {
  return goals.flatMap((goal) => {
    const value = goal.row === row ? measured[goal.id] : undefined;
    return value !== undefined && verdictOf(goal, value) === "not told" ? [goal.id] : [];
  });
}

export function asMarkdown({ title, head, lines, note }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...lines.map(line)];
  return [`### ${title}`, "", ...table, ...(note === undefined ? [] : ["", note])].join("\n");
}

const moment = (date: string): string => `${date.slice(0, 16).replace("T", " ")} UTC`;

function asPage(all: Measurements): string {
  const rows = Object.entries(all);
  const last = rows
    .map(([, one]) => one)
    .sort((a, b) => a.date.localeCompare(b.date))
    .at(-1);
  if (last === undefined) return "";
  const { machine } = last;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    "# Benchmark results",
    "",
    "Written by `npm run bench`; every figure here was measured, none is an estimate. How: [README.md](README.md).",
    "",
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}`,
    `- Versions: ${versions.join(" · ")}`,
    "",
    asMarkdown(goalTableTwice(all)).replace("### ", "## "),
    "",
    "## In detail",
    "",
    ...rows.flatMap(([row, one]) => [
      ...one.tables.flatMap((table) => [asMarkdown(table), ""]),
      `*${row}: ${moment(one.date)}, ${one.machine.cpu}, ${one.rounds} rounds of ${one.seconds} s` +
        `${one.quick ? ", quick" : ""}; load average before ${rounded(one.loadBefore)}` +
        `${one.earlier === undefined ? "" : `; before: ${moment(one.earlier.date)}, ${one.earlier.cpu}`}.*`,
      "",
    ]),
  ].join("\n")}`;
}
