import { setTimeout as wait } from "node:timers/promises";
import { bannerOf } from "./banner.ts";
import { ConfigError, loadConfig } from "./config/index.ts";
import { CannotListen } from "./http/server.ts";
import { Log } from "./log.ts";
import { Problem } from "./problems.ts";
import { startService } from "./service.ts";
import { StoreInUse, StoreRefused } from "./sessions/index.ts";
import { setUpV8 } from "./v8.ts";

/** `EX_CONFIG` of sysexits.h: starting again without another configuration is of no use. */
const EXIT_CONFIG = 78;

/** In ms. Whoever asks in this time is answered before anything is read for others: a probe, whose answer is the start's end. */
const FIRST_ANSWERS_MS = 100;

// Whatever is open before the service stands dies with the process. As the first process of a container nothing ends it
// that it does not listen to.
let end = (_signal: string): void => process.exit(0);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => end(signal));
// Node would open its debugger, which shows every secret to whoever may connect on this machine.
process.on("SIGUSR1", () => undefined);

try {
  const config = loadConfig();
  const log = new Log(config.logLevel);
  for (const warning of config.warnings) log.configurationWarning(warning);
  const service = await startService(config, log);
  log.listening(bannerOf(config, service));

  let ending = false;
  end = (signal) => {
    if (ending) return;
    ending = true;
    log.draining(signal);
    // Whatever hangs: the process is gone when the grace is over. Until then it lives, though nothing else may hold it.
    setTimeout(() => process.exit(0), config.http.shutdownGraceMs);
    void service.close().then(() => {
      log.drained();
      process.exit(0);
    });
  };
  await wait(FIRST_ANSWERS_MS);
  if (!ending) await service.readAhead();
  setUpV8();
  if (!ending) {
    const wrong = await service.lookAtGateway();
    if (wrong !== null) log.gatewaySetUpWrong(wrong);
  }
} catch (error) {
  const forOperators = [ConfigError, CannotListen, StoreRefused, Problem];
  if (!(error instanceof Error) || !forOperators.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`${error.message}\n`);
  const isMistake = error instanceof ConfigError || (error instanceof StoreRefused && !(error instanceof StoreInUse));
  process.exitCode = isMistake ? EXIT_CONFIG : 1;
}
