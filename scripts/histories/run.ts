import { Worker } from "node:worker_threads";
import type { Report, Task } from "../../test/histories/worker.ts";

const WORKER = new URL("../../test/histories/worker.ts", import.meta.url);
/** Each worker begins anew after so many, so that a failure of one ends the others soon. */
const MOST_AT_ONCE = 100;

export interface Run {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly fault: string | null;
  /** No more histories than these. */
  readonly most?: number;
}

export interface Whole extends Report {
  readonly seconds: number;
}

/** Lives through one history after the other on several threads, until the time is over or the first fails. */
export async function run({ minutes, seed, workers, fault, most = Number.POSITIVE_INFINITY }: Run): Promise<Whole> {
  const begun = performance.now();
  const until = begun + minutes * 60_000;
  const reports: Report[] = [];
  let next = seed;
  let failed = false;
  const work = async (): Promise<void> => {
    while (!failed && next - seed < most && performance.now() < until) {
      const task: Task = {
        from: next,
        by: 1,
        most: Math.min(MOST_AT_ONCE, most),
        forMs: until - performance.now(),
        fault,
      };
      next += MOST_AT_ONCE;
      const report = await inWorker(task);
      reports.push(report);
      if (report.failure !== null) failed = true;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { ...together(reports), seconds: (performance.now() - begun) / 1_000 };
}

function inWorker(task: Task): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: task });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("A worker ended without a report")));
  });
}

function together(reports: readonly Report[]): Report {
  const sum = (of: "histories" | "steps" | "faults" | "happenings" | "events"): number =>
    reports.reduce((all, report) => all + report[of], 0);
  const answers: Record<string, number> = {};
  for (const report of reports) {
    for (const [answer, times] of Object.entries(report.answers)) answers[answer] = (answers[answer] ?? 0) + times;
  }
  return {
    histories: sum("histories"),
    steps: sum("steps"),
    faults: sum("faults"),
    happenings: sum("happenings"),
    events: sum("events"),
    answers,
    met: [...new Set(reports.flatMap(({ met }) => met))],
    failure: reports.find(({ failure }) => failure !== null)?.failure ?? null,
  };
}
