import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { startRedis } from "../redis.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { newKey } from "../tokens.ts";

/** Sessions that were read before: from the one process's memory of its file, or from what Redis lets a client keep. */
export const stores: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const redis = keep(await startRedis(directory));
    const sqlite = keep(await startService(setting, { name: "sqlite" }));
    const remote = keep(await startService(setting, { name: "Redis", environment: redis.environment }));
    for (const { url } of [sqlite, remote]) await bindSessions(url, key, sessions, "external");
    const rivals = [sqlite, remote].map((contender) => ({ contender, tokens }));
    const standings = await interleaved(rivals, bench.extent, gateway);
    return {
      measured: { redis: ratio([...standings].reverse(), "sqlite") },
      tables: [standingsTable("Stores, hot sessions: 64 connections, 1,000 sessions, HS256", standings)],
    };
  });
