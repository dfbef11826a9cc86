import { closing } from "../closing.ts";
import { NGINX, startNginx, startService } from "../contenders.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable } from "../row.ts";
import { signInSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Agents of one VDN, signed in by the service, which polls all of them meanwhile. */
export const fresh: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const environment = { CONFERENCE_FRESH_MS: "250", CONFERENCE_SHARING: "vdn" };
    const service = keep(await startService(setting, { environment }));
    await signInSessions(service.url, key, sessions);
    const nginx = keep(await startNginx(setting, writeSessions(directory, sessions)));
    const rivals = [service, nginx].map((contender) => ({ contender, tokens }));
    const standings = await interleaved(rivals, bench.extent, gateway);
    const rounds = standings[0]?.rounds.map((round) => rounded(round.queries / round.seconds)).join(", ");
    const note =
      `Gateway queries a second of the service in each round: ${rounds}. Each of the 1,000 agents asks for itself once ` +
      "a minute, since only who was confirmed as an inspector within the last minute may share: the rounds with more.";
    return {
      measured: { fresh: ratio(standings, NGINX), "fresh-upstream": standings[0]?.queriesPerSecond ?? Number.NaN },
      tables: [standingsTable("Fresh for 250 ms, 1,000 sessions of one VDN: 64 connections, HS256", standings, note)],
    };
  });
