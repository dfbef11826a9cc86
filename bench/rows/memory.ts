import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { saturate } from "../load/wrk.ts";
import { memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Row } from "../row.ts";
import { bindSessions, someSessions, writeTokens } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

const STRETCH_SECONDS = 10;

/** Whether anything grows: resident memory along a million requests. */
export const memory: Row = (bench) =>
  closing(async (keep) => {
    const { directory, gateway, quick } = bench;
    const wanted = quick ? 100_000 : 1_000_000;
    const key = newKey("HS256");
    const sessions = someSessions(1_000);
    const tokens = writeTokens(directory, key, sessions);
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }));
    await bindSessions(service.url, key, sessions, "external");
    const along: { requests: number; mib: number; cpuMicros: number }[] = [
      { requests: 0, mib: memoryOf(service.pid), cpuMicros: Number.NaN },
    ];
    let requests = 0;
    for (let stretch = 0; requests < wanted && stretch < 200; stretch++) {
      const before = cpuSecondsOf(service.pid);
      const load = await saturate(service, tokens, STRETCH_SECONDS);
      requests += load.requests;
      const cpuMicros = ((cpuSecondsOf(service.pid) - before) / load.requests) * 1e6;
      along.push({ requests, mib: memoryOf(service.pid), cpuMicros });
    }
    const tenths = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 1].map(
      (share) => along.find((one) => one.requests >= share * wanted) ?? along.at(-1),
    );
    return {
      measured: { memory: along.at(-1)?.mib ?? Number.NaN },
      tables: [
        {
          title: "Resident memory along the requests, under full load",
          head: ["requests", ...tenths.map((one) => rounded(one?.requests ?? 0))],
          lines: [
            ["MiB", ...tenths.map((one) => rounded(one?.mib ?? 0))],
            ["CPU a request, µs", ...tenths.map((one) => rounded(one?.cpuMicros ?? 0))],
          ],
        },
      ],
    };
  });
