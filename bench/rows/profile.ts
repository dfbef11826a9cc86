import { join } from "node:path";
import { closing } from "../closing.ts";
import { SERVICE, startNodePeer, startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { readProfile } from "../profile.ts";
import { interleaved } from "../rounds.ts";
import { type Bench, type Row, standingsTable } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Where the service's time goes under full load, by Node's own sampling profiler. */
export const profile: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway, extent } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const profiles = join(directory, "profile");
    const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
    const from = performance.now();
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }, { nodeOptions }));
    await bindSessions(service.url, key, sessions, "external");
    await saturate(service.url, tokens, extent.warmUpSeconds * 2);
    const settledMs = performance.now() - from;
    await saturate(service.url, tokens, extent.seconds * 2);
    await service.stop();
    const shares = readProfile(profiles, settledMs);
    const percent = (share: number): string => `${rounded(share * 100)} %`;
    return {
      measured: {},
      tables: [
        {
          title: "Profile, by package or folder: the first ten",
          head: ["", "of the time"],
          lines: shares.parts.slice(0, 10).map(([name, share]) => [name, percent(share)]),
          note: "Self time under full load: 64 connections, 1,000 sessions, HS256.",
        },
        {
          title: "Profile, by function: the first ten",
          head: ["", "of the time"],
          lines: shares.functions.slice(0, 10).map(([name, share]) => [`\`${name}\``, percent(share)]),
        },
        await withoutGot(bench),
      ],
    };
  });

/** What the service could reach: got is a part of it that no other part can make up for. */
function withoutGot({ directory, gateway, extent }: Bench) {
  return closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const bare = `--import=${new URL("../contenders/without-got.ts", import.meta.url)}`;
    const services = [
      keep(await startService(setting)),
      keep(await startService(setting, { name: `${SERVICE} without got`, nodeOptions: [bare] })),
    ];
    for (const service of services) await bindSessions(service.url, key, sessions, "external");
    const peer = keep(await startNodePeer("fastify-undici", setting, writeSessions(directory, sessions)));
    const rivals = [...services, peer].map((contender) => ({ contender, tokens }));
    const note =
      "Without got: every check, limit and log as in the service, and in got's place a stand-in that only passes the " +
      "answer on (`contenders/without-got.ts`).";
    return standingsTable("got's share of it", await interleaved(rivals, extent, gateway), note);
  });
}
