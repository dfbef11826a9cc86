import { join } from "node:path";
import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { readProfile } from "../profile.ts";
import type { Row } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** Where the service's time goes under full load, by Node's own sampling profiler. */
export const profile: Row = ({ directory, gateway, extent }) =>
  closing(async (keep) => {
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const profiles = join(directory, "profile");
    const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
    const from = performance.now();
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }, { nodeOptions }));
    await bindSessions(service.url, key, sessions, "external");
    await saturate(service, tokens, extent.warmUpSeconds * 2);
    const settledMs = performance.now() - from;
    await saturate(service, tokens, extent.seconds * 2);
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
      ],
    };
  });
