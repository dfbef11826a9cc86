import { closing } from "../closing.ts";
import { NODE_PEERS, SERVICE, startNginx, startNodePeer, startService } from "../contenders.ts";
import { interleaved } from "../rounds.ts";
import { type Row, ratio, standingsTable } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { newKey } from "../tokens.ts";

/** Everybody at the same job: each request another session's, nothing shared. */
export const throughput: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const file = writeSessions(directory, sessions);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const service = keep(await startService(setting));
    await bindSessions(service.url, key, sessions, "external");
    const all = [service];
    for (const name of NODE_PEERS) all.push(keep(await startNodePeer(name, setting, file)));
    all.push(keep(await startNginx(setting, file)));
    const rivals = all.map((contender) => ({ contender, tokens }));
    const standings = await interleaved(rivals, bench.extent, gateway);
    return {
      measured: {
        fastify: ratio(standings, "fastify-undici"),
        "plain-express": ratio(standings, "plain-express"),
        "http-proxy-middleware": ratio(standings, "http-proxy-middleware"),
      },
      tables: [standingsTable(`${SERVICE} and its peers: 64 connections, 1,000 sessions, HS256`, standings)],
    };
  });
