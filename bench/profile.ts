import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** In µs, what took the most first. What the process was idle is in none of them. */
interface Times {
  readonly functions: ReadonlyMap<string, number>;
  /** By package, or by folder of ours. */
  readonly parts: ReadonlyMap<string, number>;
}

/**
 * Where the time of a process went that ran with `--cpu-prof --cpu-prof-dir=directory`, in self time.
 *
 * @param fromMs after its start; what was before is left out, and so is what came after `untilMs`
 */
export function readProfile(directory: string, fromMs: number, untilMs: number): Times {
  const file = readdirSync(directory).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) throw new Error("the process has written no profile");
  const profile = JSON.parse(readFileSync(join(directory, file), "utf8")) as CpuProfile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let at = 0;
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id);
    const time = profile.timeDeltas[index] ?? 0;
    at += time;
    if (at < fromMs * 1_000 || at > untilMs * 1_000) return;
    if (frame === undefined || frame.functionName === "(idle)") return;
    const part = partOf(frame.url, frame.functionName);
    const name = `${frame.functionName || "(anonymous)"} · ${frame.url === "" ? part : shortened(frame.url)}`;
    functions.set(name, (functions.get(name) ?? 0) + time);
    parts.set(part, (parts.get(part) ?? 0) + time);
  });
  return { functions: largestFirst(functions), parts: largestFirst(parts) };
}

function partOf(url: string, functionName: string): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "native code of V8 and Node";
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/(src\/\w+)/.exec(url)?.[1];
  if (own !== undefined) return own;
  return /^node:(?:internal\/)?\w+/.exec(url)?.[0] ?? "other";
}

const shortened = (url: string): string =>
  url.replace(/^.*\/(node_modules\/|src\/)/, "$1").replace(/^node_modules\//, "");

const largestFirst = (times: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...times].sort(([, a], [, b]) => b - a));
