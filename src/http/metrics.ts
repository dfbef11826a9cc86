import { Counter, collectDefaultMetrics, Histogram, Registry } from "@prometheus-io/client";
import { problemCodes } from "../problems.ts";

/** Buckets of what is measured in seconds. */
export const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Of the library's own: names that `promtool check metrics` refuses. What they say, others beside them say too. */
const misnamed = [
  ...["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"],
  ...["nodejs_eventloop_utilization_histogram", "nodejs_eventloop_utilization_summary"],
];

/** What is measured of requests and of the process. Labels are from closed lists: routes, codes; never an id. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: "conferences_bff_http_request_duration_seconds",
    help: "Requests answered, by route, method and status",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #problems = new Counter({
    name: "conferences_bff_problems_total",
    help: "Problems answered, by code",
    labelNames: ["code"],
    registers: [this.registry],
  });
  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of misnamed) this.registry.removeSingleMetric(name);
    // At 0 from the start, so that the first burst of one is seen.
    for (const code of problemCodes) this.#problems.inc({ code }, 0);
  }

  requestDone(method: string, route: string, status: number, durationMs: number, problem: string | undefined): void {
    this.#requests.observe({ method, route, status }, durationMs / 1_000);
    if (problem !== undefined) this.#problems.inc({ code: problem });
  }
}

export type HttpMetrics = Pick<Metrics, "requestDone">;
