import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/fleet/ports.ts";
import { ask, type Sample, startPrometheus } from "../../scripts/fleet/prometheus.ts";
import { until } from "../support/until.ts";

export interface ScrapingPrometheus {
  query(text: string): Promise<Sample[]>;
  /** Returns when the target has been scraped so often from now on. */
  scrapes(times: number): Promise<void>;
  close(): Promise<void>;
}

const SCRAPE_MS = 200;

/** A Prometheus which scrapes one service five times a second and keeps what it reads until it is closed. */
export async function startScraping(serviceUrl: string): Promise<ScrapingPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  const port = await freePort();
  const configuration = `global: { scrape_interval: ${SCRAPE_MS}ms, scrape_timeout: ${SCRAPE_MS}ms }
scrape_configs:
  - job_name: conferences-bff
    static_configs: [{ targets: ["${new URL(serviceUrl).host}"] }]
`;
  const program = await startPrometheus({ folder, port, configuration }).catch((error: unknown) => {
    forget();
    throw error;
  });
  const close = async (): Promise<void> => {
    await program.stop();
    forget();
  };
  const query = (text: string): Promise<Sample[]> => ask(`http://127.0.0.1:${port}`, text);
  const scraped = async (): Promise<number> =>
    (await query('count_over_time(up{job="conferences-bff"}[10m])'))[0]?.value ?? 0;
  try {
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
