import { fileURLToPath } from "node:url";
import type { Contender } from "../contenders.ts";
import { run } from "../processes.ts";

/** What one stretch of full load gave. Times in ms. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const script = fileURLToPath(new URL("rotate.lua", import.meta.url));

/** As `rotate.lua` prints it. */
interface Told extends Omit<Load, "perSecond"> {
  /** Answers other than 2xx and 3xx. */
  readonly refused: number;
  /** Connections that failed, were cut or too slow. */
  readonly broken: number;
}

/**
 * As many requests as the target answers, each connection sending its next when it has its answer. Throws when it refused
 * or broke anything: a fast error is no answer.
 */
export async function saturate(
  { name, url }: Pick<Contender, "name" | "url">,
  tokens: string,
  seconds: number,
  connections = 64,
): Promise<Load> {
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
  const { refused, broken, ...load } = JSON.parse(line ?? "") as Told;
  if (refused + broken > 0) throw new Error(`${name}: ${refused} answers were errors, ${broken} never came`);
  return { ...load, perSecond: load.requests / load.seconds };
}
