import type { State, ViolationReport } from "../../simulator/index.ts";
import type { ContestedAgent } from "./contested-agents.ts";
import type { SimulatedGateway } from "./gateway.ts";
import type { Instance } from "./instance.ts";
import type { MemoryLine, MemoryWatch } from "./memory-watch.ts";
import type { ChaosOptions } from "./options.ts";
import type { SteadyAgents } from "./steady-agents.ts";
import { sum, type Tally } from "./tally.ts";

export interface ChaosReport extends ChaosOptions {
  readonly ranSeconds: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly callsInAll: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly failuresInAll: number;
  /** `sign-in-in-progress` and `session-not-found` after an attempt of the same client was cut: the truth about it. */
  readonly consequences: Readonly<Record<string, number>>;
  readonly streamProblems: Readonly<Record<string, number>>;
  readonly failedOver: number;
  readonly signIns: number;
  readonly signOuts: number;
  readonly streamsOpened: number;
  readonly eventsReceived: number;
  readonly eventsTwice: number;
  readonly eventsLate: number;
  readonly sessions: number;
  readonly sessionsLost: number;
  /** Events that named another user's sign-in, of all that listeners of contested agents heard. */
  readonly foreignEvents: number;
  readonly contestedEvents: number;
  readonly overlappingPolls: number;
  readonly hastyPolls: number;
  readonly overlappingSignIns: number;
  readonly signedOutByTime: number;
  readonly polls: number;
  readonly rotations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultsInAll: number;
  readonly memory: readonly MemoryLine[];
  readonly logged: Readonly<Record<string, number>>;
  /** Why the run has failed; empty: it has not. */
  readonly verdict: readonly string[];
}

/** A few are the price of faults; a stream that loses its place among the events sends many again. */
const MOST_TWICE = 5;
const MOST_TWICE_SHARE = 0.01;

const MOST_FOREIGN_NAMED = 5;

interface Findings {
  readonly options: ChaosOptions;
  readonly ranSeconds: number;
  readonly tally: Tally;
  readonly lost: readonly string[];
  readonly violations: ViolationReport;
  readonly state: State;
  readonly memory: MemoryWatch;
  readonly processes: readonly Instance[];
  readonly gateway: SimulatedGateway;
  readonly steady: SteadyAgents;
  readonly contested: readonly ContestedAgent[];
}

export function reportOn(findings: Findings): ChaosReport {
  const { options, ranSeconds, tally, lost, violations, state, memory, processes, gateway, steady, contested } =
    findings;
  const foreign = contested.flatMap((one) => one.foreign());
  const { counts } = violations;
  const overlaps = violations.recent.filter(({ violation }) => violation === "overlappingPoll");
  return {
    ...options,
    ranSeconds: Math.round(ranSeconds),
    calls: sorted(tally.calls),
    callsInAll: sum(tally.calls),
    failures: sorted(tally.failures),
    failuresInAll: sum(tally.failures),
    consequences: sorted(tally.consequences),
    streamProblems: sorted(tally.streamProblems),
    failedOver: tally.failedOver,
    signIns: tally.signIns,
    signOuts: tally.signOuts,
    streamsOpened: tally.streamsOpened,
    eventsReceived: tally.eventsReceived,
    eventsTwice: tally.eventsTwice,
    eventsLate: tally.eventsLate,
    sessions: steady.devices.length,
    sessionsLost: lost.length,
    foreignEvents: foreign.length,
    contestedEvents: contested.reduce((sum, { heard }) => sum + heard, 0),
    overlappingPolls: counts.overlappingPoll,
    hastyPolls: counts.hastyPoll - tally.hastyWhilePaused,
    overlappingSignIns: counts.overlappingSignIn,
    signedOutByTime: state.counters.timedOut,
    polls: state.calls.poll,
    rotations: state.counters.rotations,
    faults: sorted(tally.faults),
    faultsInAll: sum(tally.faults),
    memory: memory.lines(),
    logged: sorted(merged(processes.map(({ logged }) => logged))),
    verdict: [
      ...lost.map((name) => `lost: ${name}`),
      ...foreign.slice(0, MOST_FOREIGN_NAMED).map((text) => `foreign event: ${text}`),
      ...(foreign.length > 0 ? [`${foreign.length} foreign events`] : []),
      ...overlaps.map(({ agentId, at, detail }) => `overlapping poll of agent ${agentId} at ${at}: ${detail}`),
      ...(counts.overlappingPoll > 0 ? [`${counts.overlappingPoll} overlapping polls`] : []),
      ...tally.wrong,
      ...(tally.wrongs > tally.wrong.length ? [`… and ${tally.wrongs - tally.wrong.length} more`] : []),
      ...processes.flatMap(({ failures }) => failures),
      ...gateway.complaints.map((text) => `simulator: ${text}`),
      ...(tally.eventsTwice > MOST_TWICE + tally.eventsReceived * MOST_TWICE_SHARE
        ? [`${tally.eventsTwice} events came twice`]
        : []),
      ...memory.growth(),
    ],
  };
}

/** The report for people. */
export function asText(report: ChaosReport): string {
  const { seconds, seed, instances, agents, memory, verdict } = report;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, times]) => `${name}: ${times}`)
      .join(", ") || "none";
  const rows: readonly (readonly [string, string | number])[] = [
    ["run", `${seconds} s, seed ${seed}, ${instances} instances, ${agents} agents`],
    ["calls", report.callsInAll],
    ["failures by code", `${report.failuresInAll} (${counts(report.failures)})`],
    ["after a cut attempt", counts(report.consequences)],
    ["sent to another instance", report.failedOver],
    ["sessions lost", `${report.sessionsLost} of ${report.sessions}`],
    ["sign-ins, sign-outs", `${report.signIns}, ${report.signOuts}`],
    ["foreign events", `${report.foreignEvents} of ${report.contestedEvents}`],
    ["event polls", report.polls],
    ["overlapping polls", report.overlappingPolls],
    ["hasty polls", report.hastyPolls],
    ["overlapping sign-ins", report.overlappingSignIns],
    ["signed out by the gateway's time limit", report.signedOutByTime],
    ["Guid rotations", report.rotations],
    ["streams opened, events", `${report.streamsOpened}, ${report.eventsReceived}`],
    ["events twice, late", `${report.eventsTwice}, ${report.eventsLate}`],
    ["problems told by open streams", counts(report.streamProblems)],
    ["faults", `${report.faultsInAll} (${counts(report.faults)})`],
    ["log lines", counts(report.logged)],
    ...memory.map(({ instance, starts, live, resident }) => {
      const text = `live ${live.first}, ${live.warm}, ${live.last}; resident ${resident.first}, ${resident.warm}, ${resident.last}`;
      return [`memory of ${instance}, start, warm, end, MiB`, `${text} (started ${starts} times)`] as const;
    }),
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}${value}`);
  const end = verdict.length === 0 ? "well" : `NOT well:\n${verdict.map((text) => `  ${text}`).join("\n")}`;
  return `${lines.join("\n")}\n\n${end}`;
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function merged(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const together = new Map<string, number>();
  for (const counts of all) for (const [name, times] of counts) together.set(name, (together.get(name) ?? 0) + times);
  return together;
}
