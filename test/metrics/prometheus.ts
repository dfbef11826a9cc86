import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";

/** One element of a vector that Prometheus answers. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  query(text: string): Promise<Sample[]>;
  /** Returns when the target has been scraped so often from now on. */
  scrapes(times: number): Promise<void>;
  close(): Promise<void>;
}

export const SCRAPE_MS = 200;

/** Debian's Prometheus, which scrapes one service five times a second and keeps what it reads until it is closed. */
export async function startPrometheus(serviceUrl: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  const { host } = new URL(serviceUrl);
  writeFileSync(
    join(folder, "prometheus.yml"),
    `global: { scrape_interval: ${SCRAPE_MS}ms, scrape_timeout: ${SCRAPE_MS}ms }
scrape_configs:
  - job_name: conferences-bff
    static_configs: [{ targets: ["${host}"] }]
`,
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const close = async (): Promise<void> => {
    await ended(process);
    rmSync(folder, { recursive: true, force: true });
  };
  const query = async (text: string): Promise<Sample[]> => {
    const answer = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: text }) });
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (status !== "success" || data === undefined) throw new Error(`${text}: ${error}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };
  const scraped = async (): Promise<number> =>
    (await query('count_over_time(up{job="conferences-bff"}[10m])'))[0]?.value ?? 0;
  try {
    await until(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.status === 200, 30_000);
    await until(
      async () => (await scraped()) > 0,
      30_000,
      () => "nothing was scraped",
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    query,
    async scrapes(times) {
      const before = await scraped();
      await until(
        async () => (await scraped()) >= before + times,
        60_000,
        () => "the scrapes have stopped",
      );
    },
    close,
  };
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const gone = new Promise((resolve) => process.once("exit", resolve));
  process.kill("SIGTERM");
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
