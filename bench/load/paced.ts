import { compiled } from "../gateway/gateway-stub.ts";
import { run } from "../processes.ts";

/** Latencies at a fixed rate, counted from when each request was due. In ms. */
export interface Latencies {
  readonly requests: number;
  readonly refused: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

interface PacedLoad {
  readonly url: string;
  /** The tokens file. */
  readonly tokens: string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export function pacedLoad(directory: string): (load: PacedLoad) => Promise<Latencies> {
  const program = compiled(new URL("paced.c", import.meta.url), "paced", directory);
  return async ({ url, tokens, perSecond, seconds, warmUpSeconds }) => {
    const numbers = [perSecond.toFixed(1), seconds, warmUpSeconds, 64].map(String);
    const output = await run([program, new URL(url).port, tokens, ...numbers], (seconds + warmUpSeconds + 60) * 1_000);
    return JSON.parse(output) as Latencies;
  };
}
