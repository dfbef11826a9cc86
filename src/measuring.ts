import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import about from "../package.json" with { type: "json" };
import type { ObservedCall, SessionEffect } from "./gateway/index.ts";
import { SECONDS } from "./http/metrics.ts";
import type { Problem } from "./problems.ts";
import { type EndReason, endReasonWords, type StoreCall } from "./sessions/index.ts";

interface MeasuredService {
  readonly registry: Registry;
  /** The table by which a retcode is a label, and tells whether the Guid was refused. */
  readonly retcodes: ReadonlyMap<string, { readonly effect: SessionEffect }>;
  /** Of the store, all that there are. */
  readonly storeMethods: readonly string[];
}

const signInOutcomes = ["signed-in", "forced", "joined", "refused", "failed"] as const;

/** Of an event poll; `left`: given up here, its agent signed out or polled by another instance. */
const pollOutcomes = [
  ...["ok", "refused", "left", "gateway-unreachable", "gateway-bad-response", "gateway-unavailable", "gateway-timeout"],
] as const;

/**
 * What is measured of the gateway, the sessions and the store. Labels are from closed lists, never an agent, a session or a
 * host; a counter with one label stands at 0 for each of its values, so that a first burst is seen by `increase()`.
 */
export class Measuring {
  readonly #service: MeasuredService;
  readonly #gateway: Histogram<"operation" | "outcome">;
  readonly #refusals: Counter<"retcode">;
  readonly #breaker: Gauge;
  readonly #polls: Counter<"outcome">;
  readonly #rotations: Counter;
  readonly #guidRefusals: Counter;
  readonly #signIns: Counter<"outcome">;
  readonly #ends: Counter<"reason">;
  readonly #won: Counter;
  readonly #lost: Counter;
  readonly #store: Histogram<"operation">;
  readonly #storeFailures: Counter<"operation">;

  constructor(service: MeasuredService) {
    this.#service = service;
    const registers = [service.registry];
    const named = (name: string, help: string) => ({ name: `conferences_bff_${name}`, help, registers });
    const counter = (name: string, help: string) => new Counter(named(name, help));
    /** Each value of its label stands at 0 from the start. */
    const counters = <Label extends string>(name: string, help: string, label: Label, values: readonly string[]) => {
      const made = new Counter<Label>({ ...named(name, help), labelNames: [label] });
      for (const value of values) made.labels(value).inc(0);
      return made;
    };
    this.#gateway = new Histogram({
      ...named(
        "gateway_call_duration_seconds",
        "Gateway calls, by operation and outcome (ok, refused, left, or the problem's code)",
      ),
      labelNames: ["operation", "outcome"],
      buckets: SECONDS,
    });
    const codes = [...service.retcodes.keys(), "unknown"];
    const refusals = "Gateway answers other than success, by retcode; `unknown` for codes that the table does not have";
    this.#refusals = counters("gateway_refusals_total", refusals, "retcode", codes);
    const breaker = "1 while calls are refused because the gateway failed often";
    this.#breaker = new Gauge(named("gateway_breaker_open", breaker));
    this.#polls = counters("polls_total", "Event polls, by outcome", "outcome", pollOutcomes);
    this.#rotations = counter("rotations_total", "Guids that an answer of the gateway has replaced");
    this.#guidRefusals = counter(
      "guid_refusals_total",
      "Calls whose Guid the gateway refused, most of them in a rotation",
    );
    this.#signIns = counters("sign_ins_total", "Sign-ins, by outcome", "outcome", signInOutcomes);
    this.#ends = counters("sessions_ended_total", "Sessions that ended here, by reason", "reason", endReasonWords);
    this.#won = counter("leases_won_total", "Agents that this instance began to poll");
    this.#lost = counter("leases_lost_total", "Agents that this instance stopped to poll, whatever the reason");
    this.#store = new Histogram({
      ...named("store_duration_seconds", "Calls of the session store, by operation; what a cache answers is none"),
      labelNames: ["operation"],
      buckets: SECONDS,
    });
    const failures = "Calls of the session store that failed, by operation";
    this.#storeFailures = counters("store_failures_total", failures, "operation", service.storeMethods);
    const info = new Gauge({ ...named("build_info", "What runs; always 1"), labelNames: ["version", "node"] });
    info.set({ version: about.version, node: process.version }, 1);
  }

  gatewayCall({ operation, outcome, retcode, durationMs }: ObservedCall): void {
    this.#gateway.observe({ operation, outcome }, durationMs / 1_000);
    if (operation === "poll-event") this.#polls.inc({ outcome });
    if (retcode === null) return;
    this.#refusals.inc({ retcode });
    if (this.#service.retcodes.get(retcode)?.effect === "guid-refused") this.#guidRefusals.inc();
  }

  rotated(): void {
    this.#rotations.inc();
  }

  breaker(state: "open" | "closed"): void {
    this.#breaker.set(state === "open" ? 1 : 0);
  }

  signedIn(how: "signed-in" | "forced" | "joined"): void {
    this.#signIns.inc({ outcome: how });
  }

  signInRefused({ status }: Problem): void {
    this.#signIns.inc({ outcome: status >= 500 ? "failed" : "refused" });
  }

  sessionEnded(reason: EndReason): void {
    this.#ends.inc({ reason });
  }

  pollingStarted(): void {
    this.#won.inc();
  }

  pollingStopped(): void {
    this.#lost.inc();
  }

  storeCall({ method: operation, durationMs, failed }: StoreCall): void {
    this.#store.observe({ operation }, durationMs / 1_000);
    if (failed) this.#storeFailures.inc({ operation });
  }
}
