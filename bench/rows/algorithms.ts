import { closing } from "../closing.ts";
import { NGINX, startNginx, startService } from "../contenders.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable, type Table } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import type { Estimate } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Tokens with a signature that is dear to check. */
export const algorithms: Row = async (bench) => {
  const measured: Record<string, Estimate> = {};
  const tables: Table[] = [];
  for (const algorithm of ["RS256", "ES256"] as const) {
    await closing(async (keep) => {
      const { directory, gateway } = bench;
      const key = newKey(algorithm);
      const sessions = someSessions(1_000);
      const tokens = writeTokens(directory, key, sessions);
      const setting = { directory, key, gatewayUrl: gateway.url };
      const service = keep(await startService(setting));
      // The service token is signed by the same issuer.
      await bindSessions(service.url, key, sessions, "external");
      const nginx = keep(await startNginx(setting, writeSessions(directory, sessions)));
      const rivals = [service, nginx].map((contender) => ({ contender, tokens }));
      const standings = await interleaved(rivals, bench.extent, gateway);
      measured[algorithm.toLowerCase()] = ratio(standings, NGINX);
      tables.push(standingsTable(`${algorithm}: 64 connections, 1,000 sessions`, standings));
    });
  }
  return { measured, tables };
};
