import { helpText, readCommandLine } from "./command-line.ts";
import { startSimulator } from "./index.ts";

/** What sysexits.h calls a usage error. */
const USAGE = 64;

try {
  const { help, json, options } = await readCommandLine(process.argv.slice(2));
  if (help) process.stdout.write(helpText());
  else await run(json, options);
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  process.stderr.write(`${message}${code === "EADDRINUSE" ? ": see --port" : ""}\n`);
  process.exitCode = error instanceof TypeError || code?.startsWith("ERR_PARSE_ARGS") ? USAGE : 1;
}

async function run(json: boolean, options: Parameters<typeof startSimulator>[0]): Promise<void> {
  const simulator = await startSimulator(options);
  const { url, controlUrl, caFile } = simulator;
  const trust = caFile === null ? "" : `, authority ${caFile}`;
  process.stdout.write(
    `${json ? JSON.stringify({ url, controlUrl, caFile }) : `Gateway simulator at ${url}, control at ${controlUrl}${trust}`}\n`,
  );
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void simulator.close());
}
