import { fileURLToPath } from "node:url";
import { run } from "../processes.ts";

/** What one stretch of full load gave. Times in ms. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Answers other than 2xx and 3xx. */
  readonly refused: number;
  /** Connections that failed, were cut or too slow. */
  readonly broken: number;
  readonly p50: number;
  readonly p99: number;
}

const script = fileURLToPath(new URL("rotate.lua", import.meta.url));

/** As many requests as the target answers, each connection sending its next when it has its answer. */
export async function saturate(url: string, tokens: string, seconds: number, connections = 64): Promise<Load> {
  const options = [
    "-t",
    "1",
    "-c",
    String(connections),
    "-d",
    `${Math.ceil(seconds)}s`,
    "--timeout",
    "10s",
    "-s",
    script,
  ];
  const output = await run(["wrk", ...options, `${url}/conferences`, "--", tokens], (seconds + 30) * 1_000);
  const line = output.split("\n").find((one) => one.startsWith("{"));
  const load = JSON.parse(line ?? "") as Omit<Load, "perSecond">;
  return { ...load, perSecond: load.requests / load.seconds };
}
