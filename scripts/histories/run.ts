import { Worker } from "node:worker_threads";
import { allReached } from "../../test/histories/line-coverage.ts";
import type { Report, Task } from "../../test/histories/worker.ts";

const WORKER = new URL("../../test/histories/worker.ts", import.meta.url);
/** What lives for one history alone need not be carried on: it takes a fifth of the time otherwise. */
const YOUNG_MB = 96;

interface Run {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly fault: string | null;
  readonly coverage?: boolean;
  /** No more histories than these. */
  readonly most?: number;
}

export interface Whole extends Report {
  readonly seconds: number;
}

/** Lives through one history after the other on several threads, until the time is over or the first fails. */
export async function run({
  minutes,
  seed,
  workers,
  fault,
  coverage = false,
  most = Number.POSITIVE_INFINITY,
}: Run): Promise<Whole> {
  const begun = performance.now();
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const task: Task = { from: seed, shared, most, forMs: minutes * 60_000, fault, coverage };
  const reports = await Promise.all(Array.from({ length: workers }, () => inWorker(task)));
  return { ...together(reports), seconds: (performance.now() - begun) / 1_000 };
}

function inWorker(task: Task): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: task, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("A worker ended without a report")));
  });
}

function together(reports: readonly Report[]): Report {
  const sum = (of: "histories" | "onSqlite" | "steps" | "faults" | "happenings" | "events" | "lists"): number =>
    reports.reduce((all, report) => all + report[of], 0);
  const answers: Record<string, number> = {};
  for (const report of reports) {
    for (const [answer, times] of Object.entries(report.answers)) answers[answer] = (answers[answer] ?? 0) + times;
  }
  return {
    histories: sum("histories"),
    onSqlite: sum("onSqlite"),
    steps: sum("steps"),
    faults: sum("faults"),
    happenings: sum("happenings"),
    events: sum("events"),
    lists: sum("lists"),
    answers,
    met: [...new Set(reports.flatMap(({ met }) => met))],
    lines: allReached(reports.map(({ lines }) => lines)),
    failure: reports.find(({ failure }) => failure !== null)?.failure ?? null,
  };
}
