import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { closing } from "../closing.ts";
import { type Contender, startNodePeer, startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { readProfile } from "../profile.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const RIVAL = "fastify-undici";
const MOST_LINES = 20;

/** Where the time of a request goes under full load, by Node's own sampling profiler: of the service and of its fastest peer. */
export const profile: Row = async (bench) => {
  const { directory, gateway } = bench;
  const key = newKey("HS256");
  const sessions = someSessions(1_000);
  const tokens = writeTokens(directory, key, sessions);
  const setting = { directory, key, gatewayUrl: gateway.url };
  const own = await profiled(bench, tokens, async (nodeOptions) => {
    const service = await startService(setting, { nodeOptions });
    await bindSessions(service.url, key, sessions, "external");
    return service;
  });
  const file = writeSessions(directory, sessions);
  const rival = await profiled(bench, tokens, (nodeOptions) => startNodePeer(RIVAL, setting, file, nodeOptions));
  const parts = [...new Set([...own.parts.keys(), ...rival.parts.keys()])];
  const most = (part: string): number => Math.max(own.parts.get(part) ?? 0, rival.parts.get(part) ?? 0);
  const total = ({ parts }: { parts: ReadonlyMap<string, number> }) => [...parts.values()].reduce((a, b) => a + b, 0);
  const cell = (micros: number | undefined): string => (micros === undefined ? "" : rounded(micros));
  return {
    measured: {},
    tables: [
      {
        title: `Where a request's time goes, by package or folder: the first ${MOST_LINES}, µs`,
        head: ["", "conferences-bff", "fastify+helmet+undici"],
        lines: [
          ["all of it", rounded(total(own)), rounded(total(rival))],
          ...parts
            .sort((a, b) => most(b) - most(a))
            .slice(0, MOST_LINES)
            .map((part) => [part, cell(own.parts.get(part)), cell(rival.parts.get(part))]),
        ],
        note: "Self time of the thread that runs JavaScript, under full load: 64 connections, 1,000 sessions, HS256. The profiler takes its share of each.",
      },
      {
        title: "Where a request's time goes in the service, by function: the first ten, µs",
        head: ["", "conferences-bff"],
        lines: [...own.functions].slice(0, 10).map(([name, micros]) => [`\`${name}\``, rounded(micros)]),
      },
    ],
  };
};

/** In µs a request. */
function profiled(
  { directory, extent }: Bench,
  tokens: string,
  start: (nodeOptions: readonly string[]) => Promise<Contender>,
) {
  return closing(async (keep) => {
    const profiles = mkdtempSync(join(directory, "profile-"));
    const from = performance.now();
    const contender = keep(await start(["--cpu-prof", `--cpu-prof-dir=${profiles}`]));
    await saturate(contender, tokens, extent.warmUpSeconds * 2);
    const settledMs = performance.now() - from;
    const { requests } = await saturate(contender, tokens, extent.seconds * 2);
    const overMs = performance.now() - from;
    await contender.stop();
    const { functions, parts } = readProfile(profiles, settledMs, overMs);
    const each = (times: ReadonlyMap<string, number>) =>
      new Map([...times].map(([name, all]) => [name, all / requests]));
    return { functions: each(functions), parts: each(parts) };
  });
}
