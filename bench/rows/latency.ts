import { closing } from "../closing.ts";
import { SERVICE, startNodePeer, startService } from "../contenders.ts";
import { type Latencies, pacedLoad } from "../load/paced.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import { notTold } from "../results.ts";
import { interleaved } from "../rounds.ts";
import type { Row } from "../row.ts";
import { bindSessions, someSessions, writeSessions, writeTokens } from "../sessions.ts";
import { median, pairedRatio, rounded, spread } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const RIVAL = "fastify-undici";

/** How long an answer takes when the process is half busy: at a fixed rate, each at half of what it can do itself. */
export const latency: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway, extent } = bench;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const setting = { directory, key, gatewayUrl: gateway.url };
    const service = keep(await startService(setting));
    await bindSessions(service.url, key, sessions, "external");
    const rival = keep(await startNodePeer(RIVAL, setting, writeSessions(directory, sessions)));
    const contenders = [service, rival];

    const rivals = contenders.map((contender) => ({ contender, tokens }));
    const saturation = await interleaved(rivals, { ...extent, rounds: 3, mostRounds: 3 }, null);
    const load = pacedLoad(directory);
    const found = new Map<string, (Latencies & { readonly cpuMicros: number })[]>();
    const of = (name: string, value: (one: Latencies & { readonly cpuMicros: number }) => number): number[] =>
      (found.get(name) ?? []).map(value);
    const p99s = (name: string): number[] => of(name, (one) => one.p99);
    const isTold = (): boolean => {
      const p99 = pairedRatio(p99s(SERVICE), p99s(RIVAL));
      return notTold("latency", { measured: { p99 }, tables: [] }).length === 0;
    };
    for (let round = 0, most = extent.rounds; round < most; round++) {
      for (const { name, url, pid } of contenders) {
        const perSecond = (saturation.find((one) => one.name === name)?.perSecond ?? 0) / 2;
        const before = cpuSecondsOf(pid);
        const one = await load({ url, tokens, perSecond, seconds: extent.seconds, warmUpSeconds: 1 });
        if (one.refused > 0) throw new Error(`${name} refused ${one.refused} requests`);
        const cpuMicros = ((cpuSecondsOf(pid) - before) / one.requests) * 1e6;
        found.set(name, [...(found.get(name) ?? []), { ...one, cpuMicros }]);
      }
      // Asked once: who stops as soon as it looks well finds that it does.
      if (round + 1 === extent.rounds && !isTold()) most = extent.mostRounds;
    }
    const lines = contenders.map(({ name }) => [
      name,
      rounded((saturation.find((one) => one.name === name)?.perSecond ?? 0) / 2),
      rounded(median(of(name, (one) => one.cpuMicros))),
      rounded(median(of(name, (one) => one.p50))),
      rounded(median(of(name, (one) => one.p90))),
      rounded(median(p99s(name))),
      `${rounded(spread(p99s(name)) * 100)} %`,
      rounded(median(of(name, (one) => one.p999))),
    ]);
    return {
      measured: {
        p99: pairedRatio(p99s(SERVICE), p99s(RIVAL)),
      },
      tables: [
        {
          title: "Latency at half of saturation, each of its own; in ms from when a request was due",
          head: ["", "requests a second", "CPU a request, µs", "p50", "p90", "p99", "its spread", "p99.9"],
          lines,
        },
      ],
    };
  });
