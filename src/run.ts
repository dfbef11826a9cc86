import { ConfigError, loadConfig } from "./config/index.ts";
import { CannotListen } from "./http/server.ts";
import { Log } from "./log.ts";
import { Problem } from "./problems.ts";
import { startService } from "./service.ts";
import { StoreRefused } from "./sessions/index.ts";

/** `EX_CONFIG` of sysexits.h: starting again without another configuration is of no use. */
const EXIT_CONFIG = 78;

try {
  const config = loadConfig();
  const log = new Log(config.logLevel);
  for (const warning of config.warnings) log.configurationWarning(warning);
  const service = await startService(config, log);
  process.stdout.write(`conferences-bff listens on ${service.url}\n`);

  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.draining(signal);
    // Whatever hangs: the process is gone when the grace is over.
    setTimeout(() => process.exit(0), config.http.shutdownGraceMs).unref();
    await service.close();
    log.drained();
    process.exit(0);
  };
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
} catch (error) {
  const forOperators = [ConfigError, CannotListen, StoreRefused, Problem];
  if (!(error instanceof Error) || !forOperators.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1;
}
