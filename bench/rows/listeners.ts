import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { compiled } from "../gateway/gateway-stub.ts";
import { LOAD_CORE, memoryOf, start } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions, tokenFor, writeTokens } from "../sessions.ts";
import { median, rounded, spread } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const AGENT = "1000";
const EVENTS = 7;

/** Everybody listens to one agent, so that one event goes to all of them. */
export const listeners: Row = async (bench) => {
  const counts = bench.quick ? [1_000, 10_000] : [1_000, 5_000, 10_000];
  const found: Awaited<ReturnType<typeof listen>>[] = [];
  for (const count of counts) found.push(await listen(bench, count));
  const most = found.at(-1);
  return {
    measured: { "listener-bytes": most?.kibEach ?? Number.NaN, "fan-out": most?.fanOutMs ?? Number.NaN },
    tables: [
      {
        title: "Listeners on /session/events of one agent",
        head: [
          "listeners",
          "MiB before",
          "MiB with them",
          "KiB each",
          "an event at all, ms",
          "its spread",
          "CPU at rest",
        ],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.before),
          rounded(one.after),
          rounded(one.kibEach),
          rounded(one.fanOutMs),
          `${rounded(one.fanOutSpread * 100)} %`,
          `${rounded(one.cores * 100)} %`,
        ]),
        note: "From the moment at which the gateway is told of the event to the last listener's socket.",
      },
    ],
  };
};

function listen(bench: Bench, count: number) {
  return closing(async (keep) => {
    const { directory, gateway } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(count, AGENT);
    const tokens = writeTokens(directory, key, sessions);
    const data = mkdtempSync(join(directory, "data-"));
    const setting = { directory, key, gatewayUrl: gateway.url };
    // Bound by a process of its own, so that what binding leaves behind is not taken for room that listeners need not.
    const binder = await startService(setting, { data });
    await bindSessions(binder.url, key, sessions, "managed").finally(() => binder.stop());
    const service = keep(await startService(setting, { data }));
    const [first] = sessions;
    if (first === undefined) throw new Error("no session");
    const authorization = `Bearer ${tokenFor(key, first)}`;
    for (let request = 0; request < 200; request++) {
      await (await fetch(`${service.url}/session`, { headers: { authorization } })).text();
    }
    await wait(2_000);
    const before = memoryOf(service.pid);
    const program = compiled(new URL("../load/listeners.c", import.meta.url), "listeners", directory);
    const command = [program, new URL(service.url).port, tokens];
    const all = keep(
      await start(
        { name: "listeners", core: LOAD_CORE, command, announces: /^ready (\d+)$/m, startMs: 120_000 },
        directory,
      ),
    );
    if (all.port !== count) throw new Error(`${all.port} of ${count} listeners came`);
    await wait(3_000);
    const after = memoryOf(service.pid);
    const took: number[] = [];
    for (let number = 1; number <= EVENTS; number++) took.push(await fanOut(bench, all.output, number));
    const [cpu, from] = [cpuSecondsOf(service.pid), performance.now()];
    await wait(15_000);
    const cores = (cpuSecondsOf(service.pid) - cpu) / ((performance.now() - from) / 1_000);
    const kibEach = ((after - before) * 1_024) / count;
    return { count, before, after, kibEach, fanOutMs: median(took), fanOutSpread: spread(took), cores };
  });
}

/** Milliseconds from the event's beginning at the gateway to the last listener. */
async function fanOut({ gateway }: Bench, output: string, number: number): Promise<number> {
  let from = 0;
  for (let attempt = 0; attempt < 200; attempt++) {
    await wait(100);
    from = performance.timeOrigin + performance.now();
    if (await gateway.event(AGENT)) break;
    if (attempt === 199) throw new Error("the agent is not polled");
  }
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const found = new RegExp(`^event ${number} ([0-9.]+)$`, "m").exec(readFileSync(output, "utf8"));
    if (found) return Number(found[1]) - from;
    await wait(10);
  }
  throw new Error("an event did not reach everybody");
}
