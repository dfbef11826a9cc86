import { actsOf } from "../../test/histories/history.ts";
import type { Lines } from "../../test/histories/line-coverage.ts";
import type { Whole } from "./run.ts";

/** What a run came to, for a terminal. */
export function reportOf(whole: Whole, seed: number): string {
  const { histories, onSqlite, steps, faults, happenings, events, lists, seconds, met, answers, failure } = whole;
  const each = (count: number): string => `${count} (${(count / seconds).toFixed(1)} a second)`;
  const lines = [
    `${each(histories)} histories from seed ${seed} on, in ${seconds.toFixed(1)} s: ${((histories / seconds) * 60).toFixed(0)} a minute`,
    `${each(steps)} steps, ${each(faults)} faults, ${each(happenings)} happenings, ${events} events heard, ${lists} lists shown by streams; ${histories - onSqlite} fleets on Redis, ${onSqlite} instances on sqlite`,
    ...coverage(met),
    ...lineCoverage(whole.lines),
    `Answers: ${Object.entries(answers)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 12)
      .map(([answer, times]) => `${answer} ${times}`)
      .join(" · ")}`,
  ];
  if (failure === null) return [...lines, "Everything held."].join("\n");
  const again = `npm run histories -- --seed ${failure.seed} --only`;
  return [...lines, "", failure.story, "", `${failure.kind}, in ${failure.steps} steps. All of it: ${again}`].join(
    "\n",
  );
}

/** Each kind of fault with each kind of act: which of them have met. */
function coverage(met: readonly string[]): string[] {
  const kinds = [...new Set(met.map((pair) => pair.split(" × ")[0] ?? ""))].sort();
  const of = (kind: string): string[] => Object.keys(actsOf[kind.startsWith("redis") ? "redis" : "sqlite"]);
  const all = kinds.reduce((sum, kind) => sum + of(kind).length, 0);
  const rows = kinds.flatMap((kind) => {
    const missing = of(kind).filter((act) => !met.includes(`${kind} × ${act}`));
    return missing.length === 0 ? [] : `  ${kind} has not met ${missing.join(", ")}`;
  });
  return [`Kinds of faults × kinds of acts that met: ${met.length} of ${all}`, ...rows];
}

/** Which lines of the sessions' core were never run, by file. */
function lineCoverage(lines: Lines): string[] {
  const files = Object.entries(lines);
  if (files.length === 0) return [];
  const [all, run] = [files.flatMap(([, { code }]) => code).length, files.flatMap(([, one]) => one.reached).length];
  const rows = files.flatMap(([file, { code, reached }]) => {
    const missed = code.filter((line) => !reached.includes(line));
    return missed.length === 0 ? [] : `  ${file}: ${missed.join(", ")}`;
  });
  return [
    `Lines of the sessions' core that were run: ${run} of ${all} (${((run / all) * 100).toFixed(1)} %)`,
    ...rows.sort(),
  ];
}
