import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { type Contender, startService } from "../contenders.ts";
import { delayProxy } from "../delay-proxy.ts";
import { startRedis } from "../redis.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Agents whose poll is open when all are said to be polled: the others are between two polls. */
const POLLED_SHARE = 0.95;
const LONGEST_MS = 180_000;
const REST_SECONDS = 21;

/** Until all agents are polled again, by another process on the same Redis, which is so far away. */
export const claims: Row = async (bench) => {
  const cases = bench.quick
    ? [[300, 4] as const]
    : ([
        [10_000, 4],
        [250, 300],
      ] as const);
  const found: Awaited<ReturnType<typeof takenOver>>[] = [];
  for (const [count, roundTripMs] of cases) found.push(await takenOver(bench, count, roundTripMs));
  const [near, far] = found;
  return {
    measured: {
      ...(near === undefined || bench.quick ? {} : { claims: near.afterDrain }),
      ...(far === undefined ? {} : { "claims-far": far.afterDrain }),
    },
    tables: [
      {
        title: "Agents on Redis: who polls them after a restart, and what they cost at rest",
        head: [
          "agents",
          "round trip, ms",
          "Redis commands a second at rest",
          "all polled after a drain, s",
          "after a kill, s",
        ],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.roundTripMs),
          rounded(one.commandsPerSecond),
          rounded(one.afterDrain),
          rounded(one.afterKill),
        ]),
        note: "From the start of the other process. After a kill the leases have to end first, which takes up to 30 s.",
      },
    ],
  };
};

function takenOver({ directory, gateway }: Bench, count: number, roundTripMs: number) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const redis = keep(await startRedis(directory));
    const line = keep(await delayProxy(redis.port, roundTripMs));
    const setting = { directory, key, gatewayUrl: gateway.url };
    // Bound by one that is beside its Redis: of that nothing is measured.
    const former = keep(await startService(setting, { environment: redis.environment }));
    await bindSessions(former.url, key, someSessions(count), "managed");
    const environment = { ...redis.environment, SESSION_STORE_URL: `redis://127.0.0.1:${line.port}` };
    const start = async (): Promise<Contender> => keep(await startService(setting, { environment }));
    const polled = async (): Promise<number> => {
      const from = performance.now();
      while ((await gateway.counts()).heldPolls < count * POLLED_SHARE) {
        if (performance.now() - from > LONGEST_MS) throw new Error(`not all of ${count} agents are polled`);
        await wait(50);
      }
      return (performance.now() - from) / 1_000;
    };
    await polled();
    await former.stop();
    const first = await start();
    const afterDrain = await polled();
    const before = await redis.commands();
    await wait(REST_SECONDS * 1_000);
    const commandsPerSecond = ((await redis.commands()) - before) / REST_SECONDS;
    await first.stop("SIGKILL");
    await wait(200);
    await start();
    const afterKill = await polled();
    return { count, roundTripMs, commandsPerSecond, afterDrain, afterKill };
  });
}
