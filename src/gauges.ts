import { Counter, Gauge, type Registry } from "@prometheus-io/client";

interface ServiceFigures {
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

/** How things stand with the sessions and the streams, read when somebody asks for the metrics. */
export function gaugeService(registry: Registry, figures: ServiceFigures): void {
  const registers = [registry];
  gauge(registry, "agents_polled", "Agents that this instance keeps alive", figures.agentsPolled);
  gauge(
    registry,
    "oldest_poll_age_seconds",
    "Longest since the gateway answered a poll of an agent that is kept alive here; the gateway forgets an agent after 120",
    () => figures.oldestPollAgeMs() / 1_000,
  );
  new Gauge({
    name: "conferences_bff_sessions",
    help: "Agent sessions that are kept alive here, by state",
    labelNames: ["state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(figures.sessions())) this.set({ state }, count);
    },
  });
  gauge(registry, "open_streams", "Event streams that are open", figures.openStreams);
  new Counter({
    name: "conferences_bff_shared_questions_total",
    help: "Questions for conferences that were answered by what somebody else had asked at the moment",
    registers,
    collect() {
      this.reset();
      this.inc(figures.sharedQuestions());
    },
  });
  gauge(
    registry,
    "key_set_age_seconds",
    "How long ago the key set of the tokens' issuer was fetched; 0 without one",
    figures.keySetAgeSeconds,
  );
}

/** The same of the gateway's calls. */
export function gaugeGateway(
  registry: Registry,
  load: () => { readonly active: number; readonly waiting: number },
): void {
  gauge(registry, "gateway_in_flight", "Gateway calls under way, event polls apart", () => load().active);
  gauge(registry, "gateway_waiting", "Gateway calls that wait for their turn", () => load().waiting);
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name: `conferences_bff_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
