import { parseArgs } from "node:util";
import { asText } from "./chaos/report.ts";
import { runChaos } from "./chaos/run.ts";

const HELP = `Runs a fleet with Redis, the gateway simulator and load while it kills, pauses and cuts all of them: npm run chaos -- [options]

  --seconds N    how long faults go on (60)
  --seed N       chooses them (1)
  --instances N  of the service, 2 or more (3)
  --agents N     whose sessions have to live through it; a few more come and go (20)
  --json         the report as one line of JSON
  --trace FILE   what happened when, with all that the instances log

Exits with 1 when a session was lost, two polls of an agent overlapped, a client saw a failure other than 502, 503 or
504, an instance ended by itself or wrote to standard error, or memory grew. docs/chaos.md says more.
`;
const USAGE = 64;

try {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      instances: { type: "string", default: "3" },
      agents: { type: "string", default: "20" },
      json: { type: "boolean", default: false },
      trace: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else {
    const options = {
      seconds: whole("seconds", values.seconds, 1, 86_400),
      seed: whole("seed", values.seed, 0, 4_294_967_295),
      instances: whole("instances", values.instances, 2, 20),
      agents: whole("agents", values.agents, 1, 10_000),
      trace: values.trace ?? null,
    };
    await run(options, values.json);
  }
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  const misused = error instanceof RangeError || code?.startsWith("ERR_PARSE_ARGS");
  if (!misused) throw error;
  process.stderr.write(`${message}\n`);
  process.exitCode = USAGE;
}

async function run(options: Parameters<typeof runChaos>[0], json: boolean): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const report = await runChaos(options, abort.signal);
    process.stdout.write(`${json ? JSON.stringify(report) : asText(report)}\n`);
    process.exitCode = report.verdict.length === 0 ? 0 : 1;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new RangeError(`--${name}: a whole number from ${least} to ${most}`);
  }
  return number;
}
