import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

/** By file below src/sessions: its lines of code, and those of them that were run. */
export type Lines = Readonly<Record<string, { readonly code: readonly number[]; readonly reached: readonly number[] }>>;

const ROOM = "/src/sessions/";
/** Signs alone, or a comment: nothing that runs. */
const NOTHING = /^\s*(?:[^\p{L}\p{N}]*|\/\/.*|\/?\*.*)$/u;

/** Counts which lines of the sessions' core are run in this thread, from now on: to be begun before they are loaded. */
export class LineCoverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  take(): Lines {
    let scripts: Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw error;
      scripts = taken.result;
    });
    const lines: Record<string, { code: number[]; reached: number[] }> = {};
    for (const { url, functions } of scripts) {
      const at = url.indexOf(ROOM);
      const file = url.slice(at + ROOM.length);
      // What is modelled here is reached nowhere: the adapters, and how they seal.
      if (at >= 0 && !/^(?:stores\/|sealing\.ts)/.test(file)) lines[file] = linesOf(fileURLToPath(url), functions);
    }
    return lines;
  }
}

function linesOf(path: string, functions: readonly Profiler.FunctionCoverage[]): { code: number[]; reached: number[] } {
  // Types become blanks, so that every place stays where it is.
  const source = stripTypeScriptTypes(readFileSync(path, "utf8"));
  const ran = new Uint8Array(source.length).fill(1);
  const ranges = functions.flatMap((one) => one.ranges);
  // What is inside another says more than what is around it.
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  const [code, reached]: [number[], number[]] = [[], []];
  let from = 0;
  for (const [at, text] of source.split("\n").entries()) {
    if (!NOTHING.test(text)) {
      code.push(at + 1);
      const begins = from + text.search(/\S/);
      if (ran.subarray(begins, from + text.trimEnd().length).includes(1)) reached.push(at + 1);
    }
    from += text.length + 1;
  }
  return { code, reached };
}

/** What several have reached together. */
export function allReached(parts: readonly Lines[]): Lines {
  const all: Record<string, { code: readonly number[]; reached: readonly number[] }> = {};
  for (const part of parts) {
    for (const [file, { code, reached }] of Object.entries(part)) {
      all[file] = { code, reached: [...new Set([...(all[file]?.reached ?? []), ...reached])].sort((a, b) => a - b) };
    }
  }
  return all;
}
