import { live, type Plan, type Step } from "./history.ts";

/** How long the shortest is looked for, in ms of the real time: nobody waits for a perfect one. */
const PATIENCE_MS = 20_000;

/** The shortest history that was found in time and comes to the same end. */
export async function shrunk(plan: Plan, kind: string): Promise<Plan> {
  const until = performance.now() + PATIENCE_MS;
  const fails = async (steps: readonly Step[], instances: number): Promise<boolean> =>
    performance.now() < until && (await live({ ...plan, steps, instances })).violation?.kind === kind;

  let { steps, instances } = plan;
  // Larger parts first: most of a history has nothing to do with its end.
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = Math.max(0, steps.length - size); ; at = Math.max(0, at - size)) {
      const without = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (without.length < steps.length && (await fails(without, instances))) steps = without;
      if (at === 0) break;
    }
  }
  while (instances > 1 && (await fails(steps, instances - 1))) instances -= 1;
  return { ...plan, steps, instances };
}

/** How much of what store and gateway did is told before the end. */
const DETAILS = 40;

/** What somebody did, in order, and near the end what store and gateway did with it. */
export async function storyOf(plan: Plan): Promise<string> {
  const lines: string[] = [];
  await live(plan, (line) => lines.push(line.length > 240 ? `${line.slice(0, 240)}…` : line));
  const isDetail = (line: string): boolean => line.slice(9, 11) === "  ";
  return lines.filter((line, at) => !isDetail(line) || at >= lines.length - DETAILS).join("\n");
}
