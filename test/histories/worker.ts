import { parentPort, workerData } from "node:worker_threads";
import { knownFaults } from "./known-faults.ts";
import { plant } from "./planting.ts";

/** What a worker is to do. */
export interface Task {
  /** Its first seed, and the distance to its next. */
  readonly from: number;
  readonly by: number;
  /** Milliseconds of the real time. */
  readonly forMs: number;
  readonly most: number;
  /** The name of a fault that is to be planted. */
  readonly fault: string | null;
}

export interface Report {
  readonly histories: number;
  readonly steps: number;
  readonly faults: number;
  readonly happenings: number;
  readonly events: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly met: readonly string[];
  /** The first that failed; the worker stops there. */
  readonly failure: {
    readonly seed: number;
    readonly kind: string;
    readonly story: string;
    readonly steps: number;
  } | null;
}

const task = workerData as Task;
const fault = knownFaults.find(({ name }) => name === task.fault);
if (fault !== undefined) plant(fault);
// Only now: what is planted has to be there when it is loaded.
const { live, planOf } = await import("./history.ts");
const { shrunk, storyOf } = await import("./shrinking.ts");

const until = performance.now() + task.forMs;
let [histories, steps, faults, happenings, events] = [0, 0, 0, 0, 0];
const answers: Record<string, number> = {};
const met = new Set<string>();
let failure: Report["failure"] = null;
process.on("unhandledRejection", (error) => {
  failure ??= { seed: seed - task.by, kind: "unhandled", story: String((error as Error).stack ?? error), steps: 0 };
});
let seed = task.from;
while (failure === null && histories < task.most && (performance.now() < until || histories === 0)) {
  const plan = planOf(seed);
  const outcome = await live(plan);
  seed += task.by;
  histories += 1;
  steps += outcome.steps;
  faults += outcome.faults;
  happenings += outcome.happenings;
  events += outcome.events;
  for (const [answer, times] of outcome.answers) {
    const kind = answer.replace(/(phone|tab|user)-\d/, "…");
    answers[kind] = (answers[kind] ?? 0) + times;
  }
  for (const one of outcome.met) met.add(one);
  if (outcome.violation !== null) {
    const short = task.fault === null ? await shrunk(plan, outcome.violation.kind) : plan;
    const story = task.fault === null ? await storyOf(short) : outcome.violation.message;
    failure = { seed: plan.seed, kind: outcome.violation.kind, story, steps: short.steps.length };
  }
}
const report: Report = { histories, steps, faults, happenings, events, answers, met: [...met], failure };
parentPort?.postMessage(report);
