import { parentPort, workerData } from "node:worker_threads";
import { knownFaults } from "./known-faults.ts";
import { LineCoverage, type Lines } from "./line-coverage.ts";
import { plant } from "./planting.ts";

/** What a worker is to do. */
export interface Task {
  readonly from: number;
  /** Shared by all workers: how many seeds are taken, from `from` on, and whether one has failed. */
  readonly shared: Int32Array;
  /** Milliseconds of the real time. */
  readonly forMs: number;
  /** Of all workers. */
  readonly most: number;
  /** The name of a fault that is to be planted. */
  readonly fault: string | null;
  /** Whether the lines that are run are counted, which takes time. */
  readonly coverage?: boolean;
}

export interface Report {
  readonly histories: number;
  /** Those of them with one instance on its file. */
  readonly onSqlite: number;
  readonly steps: number;
  readonly faults: number;
  readonly happenings: number;
  readonly events: number;
  readonly lists: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly met: readonly string[];
  readonly lines: Lines;
  /** The first that failed; the worker stops there. */
  readonly failure: {
    readonly seed: number;
    readonly kind: string;
    readonly story: string;
    readonly steps: number;
  } | null;
}

const [TAKEN, FAILED] = [0, 1];
const task = workerData as Task;
const fault = knownFaults.find(({ name }) => name === task.fault);
if (fault !== undefined) plant(fault);
const coverage = task.coverage ? new LineCoverage() : null;
// Only now: what is planted has to be there when it is loaded.
const { live, planOf } = await import("./history.ts");
const { shrunk, storyOf } = await import("./shrinking.ts");

const until = performance.now() + task.forMs;
let [histories, onSqlite, steps, faults, happenings, events, lists] = [0, 0, 0, 0, 0, 0, 0];
const answers: Record<string, number> = {};
const met = new Set<string>();
let failure: Report["failure"] = null;
process.on("unhandledRejection", (error) => {
  failure ??= { seed, kind: "unhandled", story: String((error as Error).stack ?? error), steps: 0 };
});
let seed = task.from;
while (failure === null && Atomics.load(task.shared, FAILED) === 0 && (performance.now() < until || histories === 0)) {
  const taken = Atomics.add(task.shared, TAKEN, 1);
  if (taken >= task.most) break;
  seed = task.from + taken;
  const plan = planOf(seed);
  const outcome = await live(plan);
  histories += 1;
  if (outcome.kind === "sqlite") onSqlite += 1;
  steps += outcome.steps;
  faults += outcome.faults;
  happenings += outcome.happenings;
  events += outcome.events;
  lists += outcome.lists;
  for (const [answer, times] of outcome.answers) {
    const kind = answer.replace(/(phone|tab|user)-\d/, "…");
    answers[kind] = (answers[kind] ?? 0) + times;
  }
  for (const one of outcome.met) met.add(one);
  if (outcome.violation !== null) {
    Atomics.store(task.shared, FAILED, 1);
    const short = task.fault === null ? await shrunk(plan, outcome.violation.kind) : plan;
    const story = task.fault === null ? await storyOf(short) : outcome.violation.message;
    failure = { seed: plan.seed, kind: outcome.violation.kind, story, steps: short.steps.length };
  }
}
const lines = coverage?.take() ?? {};
const report: Report = {
  histories,
  onSqlite,
  steps,
  faults,
  happenings,
  events,
  lists,
  answers,
  met: [...met],
  lines,
  failure,
};
parentPort?.postMessage(report);
