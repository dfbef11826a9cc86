import { mkdtempSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../scripts/fleet/ports.ts";
import { serviceEnvironment } from "../contenders.ts";
import type { GatewayStub } from "../gateway/gateway-stub.ts";
import { MEASURED_CORE, start as startProgram } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Row } from "../row.ts";
import { type ServiceStart, serviceCommand } from "../service-command.ts";
import { median, rounded, spread } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** On a machine that is busy with something else a start takes its time, and is still one. */
const LONGEST_MS = 60_000;

/** From the start of the process to its first answer, on one core, with an empty store. */
export const start: Row = async ({ directory, gateway, quick }) => {
  const starts: Start[] = [];
  for (let run = 0; run < (quick ? 4 : 12); run++) {
    const one = await startToFirstAnswer(directory, gateway);
    // The first run finds nothing in the machine's file cache.
    if (run > 0) starts.push(one);
  }
  const took = starts.map(({ ms }) => ms);
  return {
    measured: { start: median(took) },
    tables: [
      {
        title: "Start to first answer (GET /livez), ms",
        head: ["starts", "median", "fastest", "slowest", "spread", "CPU, ms"],
        lines: [
          [
            rounded(took.length),
            rounded(median(took)),
            rounded(Math.min(...took)),
            rounded(Math.max(...took)),
            `${rounded(spread(took) * 100)} %`,
            rounded(median(starts.map(({ cpuMs }) => cpuMs))),
          ],
        ],
      },
    ],
  };
};

/** Until the first answer: by the clock, and of processor time. */
export interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

export async function startToFirstAnswer(
  directory: string,
  gateway: Pick<GatewayStub, "url">,
  options: ServiceStart = {},
): Promise<Start> {
  const data = mkdtempSync(join(directory, "data-"));
  const setting = { directory, key: newKey("HS256"), gatewayUrl: gateway.url };
  const port = await freePort();
  const from = performance.now();
  const service = await startProgram(
    {
      name: "first answer",
      core: MEASURED_CORE,
      command: serviceCommand(options),
      directory: data,
      environment: { ...serviceEnvironment(setting, data), PORT: String(port) },
      announces: null,
    },
    directory,
  );
  try {
    await firstAnswer(port);
    return { ms: performance.now() - from, cpuMs: cpuSecondsOf(service.pid) * 1_000 };
  } finally {
    await service.stop();
  }
}

async function firstAnswer(port: number): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  while (performance.now() < until) {
    const answered = await new Promise<boolean>((resolve) => {
      const request = get({ host: "127.0.0.1", port, path: "/livez", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.on("error", () => resolve(false));
    });
    if (answered) return;
    await wait(2);
  }
  throw new Error(`no answer came within ${LONGEST_MS / 1_000} s`);
}
