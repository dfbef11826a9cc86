import type { Config } from "../../src/config/index.ts";
import { installShiftedClock, shiftClock } from "./shifted-clock.ts";

/** What the chaos run tells an instance at its start. */
export interface Order {
  readonly environment: Readonly<Record<string, string>>;
  /** The inner times, which have no environment variables. */
  readonly sessions: Partial<Config["sessions"]>;
}

/** And while it runs. */
export type Command = "measure" | { readonly shiftClockMs: number };

/** Bytes. `live`: what is left of the heap after a full collection, with what hangs outside of it. */
export interface Memory {
  readonly live: number;
  readonly resident: number;
}

export type Report =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "memory"; readonly memory: Memory };

installShiftedClock();
const { loadConfig } = await import("../../src/config/index.ts");
const { Log } = await import("../../src/log.ts");
const { startService } = await import("../../src/service.ts");

/** One instance of the fleet: the service as it is, save for its shortened times and a clock that can be moved. */
process.on("message", (message: Order | Command) => {
  if (message === "measure") tell({ type: "memory", memory: measure() });
  else if ("shiftClockMs" in message) shiftClock(message.shiftClockMs);
  else void start(message);
});
// The run is gone: nothing of it may stay behind.
process.on("disconnect", () => process.exit(0));

async function start({ environment, sessions }: Order): Promise<void> {
  const loaded = loadConfig(environment);
  const config: Config = { ...loaded, sessions: { ...loaded.sessions, ...sessions } };
  const service = await startService(config, new Log(config.logLevel));
  process.once("SIGTERM", () => {
    setTimeout(() => process.exit(0), config.http.shutdownGraceMs).unref();
    void service.close().then(() => process.exit(0));
  });
  tell({ type: "listening", url: service.url });
}

function measure(): Memory {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: heapUsed + external, resident: rss };
}

function tell(report: Report): void {
  process.send?.(report, undefined, undefined, () => undefined);
}
