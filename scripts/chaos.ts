import { type ChaosOptions, HELP, readCommandLine } from "./chaos/options.ts";
import { asText } from "./chaos/report.ts";
import { runChaos } from "./chaos/run.ts";
import { EX_USAGE } from "./usage.ts";

try {
  const { help, json, options } = readCommandLine(process.argv.slice(2));
  if (help) process.stdout.write(HELP);
  else await run(options, json);
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  const misused = error instanceof RangeError || code?.startsWith("ERR_PARSE_ARGS");
  if (!misused) throw error;
  process.stderr.write(`${message}\n`);
  process.exitCode = EX_USAGE;
}

async function run(options: ChaosOptions, json: boolean): Promise<void> {
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
