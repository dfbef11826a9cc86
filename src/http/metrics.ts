import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A call to the gateway that has been answered, or not. */
export interface MeasuredCall {
  readonly operation: string;
  readonly outcome: string;
  /** Null where the gateway gave none but success. */
  readonly retcode: string | null;
  readonly durationMs: number;
}

/** Every metric of the service by name. Labels are from closed lists: routes, codes, operations; never an id. */
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
  readonly #gateway = new Histogram({
    name: "conferences_bff_gateway_call_duration_seconds",
    help: "Gateway calls, by operation and outcome (ok, refused, or the problem's code)",
    labelNames: ["operation", "outcome"],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: "conferences_bff_gateway_refusals_total",
    help: "Gateway answers other than success, by retcode; `unknown` for codes that the table does not have",
    labelNames: ["retcode"],
    registers: [this.registry],
  });
  readonly #breaker = new Gauge({
    name: "conferences_bff_gateway_breaker_open",
    help: "1 while calls are refused because the gateway failed often",
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  requestDone(method: string, route: string, status: number, durationMs: number, problem: string | undefined): void {
    this.#requests.observe({ method, route, status }, durationMs / 1_000);
    if (problem !== undefined) this.#problems.inc({ code: problem });
  }

  gatewayCall({ operation, outcome, retcode, durationMs }: MeasuredCall): void {
    this.#gateway.observe({ operation, outcome }, durationMs / 1_000);
    if (retcode !== null) this.#refusals.inc({ retcode });
  }

  breaker(state: "open" | "closed"): void {
    this.#breaker.set(state === "open" ? 1 : 0);
  }

  /** Values that are read when somebody asks for them. */
  watch(sources: {
    readonly agentsPolled: () => number;
    readonly openStreams: () => number;
    readonly keySetAgeSeconds: () => number;
  }): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    };
    gauge("conferences_bff_agents_polled", "Agents that this instance keeps alive", sources.agentsPolled);
    gauge("conferences_bff_open_streams", "Event streams that are open", sources.openStreams);
    gauge(
      "conferences_bff_key_set_age_seconds",
      "How long ago the key set of the tokens' issuer was fetched; 0 without one",
      sources.keySetAgeSeconds,
    );
  }
}

export type HttpMetrics = Pick<Metrics, "requestDone">;
