import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answers, Program } from "./program.ts";

/** One element of a vector that Prometheus answers. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Setting {
  /** Where its configuration and what it reads are kept: nobody else's. */
  readonly folder: string;
  readonly port: number;
  /** The text of `prometheus.yml`. */
  readonly configuration: string;
}

/** Debian's Prometheus on 127.0.0.1, ready when this is done. */
export async function startPrometheus({ folder, port, configuration }: Setting): Promise<Program> {
  const file = join(folder, "prometheus.yml");
  const data = join(folder, "prometheus");
  await writeFile(file, configuration);
  await mkdir(data);
  const program = new Program("prometheus", "prometheus", [
    `--config.file=${file}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  try {
    await program.until(() => answers(`http://127.0.0.1:${port}/-/ready`));
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

/** One instant query; the samples' labels and values. Rejects when Prometheus does not understand it. */
export async function ask(prometheusUrl: string, query: string): Promise<Sample[]> {
  const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`);
  const body = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (body.status !== "success") throw new Error(`${query}: ${body.error}`);
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
