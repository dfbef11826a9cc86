import { closing } from "../closing.ts";
import { NGINX, startNginx, startService } from "../contenders.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { newKey } from "../tokens.ts";

/** The dashboards of one team: many screens, few sessions, so that identical questions meet. */
export const team: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(10);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const service = keep(await startService(setting));
    await bindSessions(service.url, key, sessions, "external");
    const nginx = keep(await startNginx(setting, writeSessions(directory, sessions)));
    const rivals = [service, nginx].map((contender) => ({ contender, tokens }));
    const standings = await interleaved(rivals, bench.extent, gateway);
    return {
      measured: { team: ratio(standings, NGINX), "team-upstream": standings[0]?.queriesPerRequest ?? Number.NaN },
      tables: [standingsTable("10 sessions: 64 connections, HS256", standings)],
    };
  });
