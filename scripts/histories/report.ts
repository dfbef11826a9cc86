import { acts } from "../../test/histories/history.ts";
import type { Whole } from "./run.ts";

/** What a run came to, for a terminal. */
export function reportOf(whole: Whole, seed: number): string {
  const { histories, steps, faults, happenings, events, seconds, met, answers, failure } = whole;
  const each = (count: number): string => `${count} (${(count / seconds).toFixed(1)} a second)`;
  const lines = [
    `${each(histories)} histories from seed ${seed} on, in ${seconds.toFixed(1)} s: ${((histories / seconds) * 60).toFixed(0)} a minute`,
    `${each(steps)} steps, ${each(faults)} faults, ${each(happenings)} happenings, ${events} events heard`,
    ...coverage(met),
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
  const kinds = new Set(met.map((pair) => pair.split(" × ")[0]));
  const all = kinds.size * Object.keys(acts).length;
  const rows = [...kinds].sort().map((kind) => {
    const missing = Object.keys(acts).filter((act) => !met.includes(`${kind} × ${act}`));
    return missing.length === 0 ? null : `  ${kind} has not met ${missing.join(", ")}`;
  });
  return [`Kinds of faults × kinds of acts that met: ${met.length} of ${all}`, ...rows.filter((row) => row !== null)];
}
