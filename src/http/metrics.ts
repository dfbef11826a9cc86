import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";
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

  readonly #gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  };

  /** Values that are read when somebody asks for them. */
  watch(sources: Watched): void {
    const registers = [this.registry];
    const gauge = this.#gauge;
    gauge("conferences_bff_agents_polled", "Agents that this instance keeps alive", sources.agentsPolled);
    gauge(
      "conferences_bff_oldest_poll_age_seconds",
      "Longest since the gateway answered a poll of an agent that is kept alive here; the gateway forgets an agent after 120",
      () => sources.oldestPollAgeMs() / 1_000,
    );
    new Gauge({
      name: "conferences_bff_sessions",
      help: "Agent sessions that are kept alive here, by state",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, count] of Object.entries(sources.sessions())) this.set({ state }, count);
      },
    });
    gauge("conferences_bff_open_streams", "Event streams that are open", sources.openStreams);
    new Counter({
      name: "conferences_bff_shared_questions_total",
      help: "Questions for conferences that were answered by what somebody else had asked at the moment",
      registers,
      collect() {
        this.reset();
        this.inc(sources.sharedQuestions());
      },
    });
    gauge(
      "conferences_bff_key_set_age_seconds",
      "How long ago the key set of the tokens' issuer was fetched; 0 without one",
      sources.keySetAgeSeconds,
    );
  }

  /** How things stand with the gateway. */
  watchGateway(load: () => { readonly active: number; readonly waiting: number }): void {
    const gauge = this.#gauge;
    gauge("conferences_bff_gateway_in_flight", "Gateway calls under way, event polls apart", () => load().active);
    gauge("conferences_bff_gateway_waiting", "Gateway calls that wait for their turn", () => load().waiting);
  }
}

export interface Watched {
  readonly agentsPolled: () => number;
  /** 0 where nobody is polled. */
  readonly oldestPollAgeMs: () => number;
  /** By state, each of them. */
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly openStreams: () => number;
  /** Since the start. */
  readonly sharedQuestions: () => number;
  readonly keySetAgeSeconds: () => number;
}

export type HttpMetrics = Pick<Metrics, "requestDone">;
