import type { Metric } from "@prometheus-io/client";
import { gaugeGateway, gaugeService } from "../../src/gauges.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { Measuring } from "../../src/measuring.ts";
import { questions } from "./metric-questions.ts";
import { table } from "./table.ts";

/** What the library's types do not tell of a metric. */
type Described = Metric & {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
};

/** docs/metrics.md, made from what is registered. */
export function metricsPage(): string {
  const { registry } = new Metrics();
  const nothing = () => 0;
  gaugeService(registry, {
    agentsPolled: nothing,
    oldestPollAgeMs: nothing,
    sessions: () => ({}),
    openStreams: nothing,
    sharedQuestions: nothing,
    keySetAgeSeconds: nothing,
  });
  gaugeGateway(registry, () => ({ active: 0, waiting: 0 }));
  new Measuring({ registry, retcodes: new Map(), storeMethods: [] });
  const own = (registry.getMetricsAsArray() as unknown as readonly Described[])
    .filter(({ name }) => name.startsWith("conferences_bff_"))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return `# Metrics

<!-- Made by \`npm run docs\` from src/http/metrics.ts, src/measuring.ts and src/gauges.ts. Do not edit by hand. -->

\`GET /metrics\` answers in Prometheus' text format, on a port of its own where \`METRICS_PORT\` is set. Beside these are the usual
\`process_…\` and \`nodejs_…\` figures.

- Each instance tells what it does itself: \`sum\` over the instances is the fleet, for a gauge too.
- Labels are from closed lists: routes, codes, outcomes. None names an agent, a session, a user or a host.
- A counter with one label stands at 0 for each of its values from the start, so that \`increase()\` sees a first burst.
- The rules for alerts are in [alerts.md](alerts.md).

${table(
  ["Name", "Type", "Labels", "What it tells"],
  own.map(({ name, type, labelNames, help }) => [
    `\`${name}\``,
    type,
    labelNames.length === 0 ? "–" : labelNames.map((label) => `\`${label}\``).join(" "),
    help,
  ]),
)}

## What an operator asks

\`npm run test:slow\` asks each of a Prometheus that scrapes a service to which something was done, and compares the answer with
that. \`[5m]\` is for reading; an alert or a panel chooses its own.

${questions.map(({ question, query }) => `**${question}**\n\n\`\`\`promql\n${query("5m")}\n\`\`\``).join("\n\n")}
`;
}
