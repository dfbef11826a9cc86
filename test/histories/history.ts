import { SeededChance } from "./chance.ts";
import { faultActs } from "./fault-acts.ts";
import { operatorActs } from "./operator-acts.ts";
import { settle } from "./settling.ts";
import { Stage } from "./stage.ts";
import { userActs } from "./user-acts.ts";
import { Violation } from "./verdict.ts";
import { World } from "./world.ts";

export const acts: Readonly<Record<string, (stage: Stage) => void>> = { ...userActs, ...operatorActs, ...faultActs };

/** One step: somebody does something, and time passes. */
export interface Step {
  readonly act: string;
  /** Of all chance from here on to the next step: a step means the same whatever stood before it. */
  readonly seed: number;
  readonly pauseMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly instances: number;
  readonly steps: readonly Step[];
}

const weights: Readonly<Record<string, number>> = {
  list: 12,
  "sign-in": 8,
  listen: 4,
  "come-back": 4,
  event: 8,
  rotation: 5,
  "forced-sign-in": 4,
  "sign-out": 4,
  bind: 3,
};
const everyAct = Object.keys(acts);
const weighted = everyAct.flatMap((act) => Array.from({ length: weights[act] ?? 1 }, () => act));
const calm = weighted.filter((act) => !(act in faultActs));

/** What a seed has in store. */
export function planOf(seed: number, { instances = 3, length = 200 } = {}): Plan {
  const chance = new SeededChance(seed);
  // Some histories are calm: what must hold without a fault is held to more strictly.
  const from = chance.happens(0.2) ? calm : weighted;
  const steps = Array.from({ length }, () => ({ act: chance.pick(from), seed: chance.seed(), pauseMs: pause(chance) }));
  return { seed, instances, steps };
}

/** Much happens at the same time, and some things need long to come about. */
function pause(chance: SeededChance): number {
  const kind = chance.random();
  if (kind < 0.35) return chance.between(0, 40);
  if (kind < 0.75) return chance.between(40, 800);
  return kind < 0.97 ? chance.between(800, 5_000) : chance.between(5_000, 40_000);
}

export interface Outcome {
  readonly violation: Violation | null;
  readonly steps: number;
  readonly faults: number;
  /** Everything that happened on the timeline. */
  readonly happenings: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly events: number;
  /** Which fault was felt when which act was done. */
  readonly met: ReadonlySet<string>;
}

/** Lives through a plan, and through the time in which everything has to become well again. */
export async function live(plan: Plan, tell?: (line: string) => void): Promise<Outcome> {
  const world = new World({ seed: plan.seed, instances: plan.instances, ...(tell && { tell }) });
  const stage = new Stage(world);
  const met = new Set<string>();
  let [steps, faults] = [0, 0];
  let violation: Violation | null = null;
  try {
    for (const { act, seed, pauseMs } of plan.steps) {
      world.chance.reseed(seed);
      for (const fault of world.weather.now) met.add(`${fault} × ${act}`);
      acts[act]?.(stage);
      steps += 1;
      if (act in faultActs) faults += 1;
      world.check();
      await world.pass(pauseMs);
    }
    world.chance.reseed(plan.seed);
    await settle(stage);
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation("mistake", String((error as Error).stack));
    world.tell(() => `✗ ${violation?.kind}: ${violation?.message}`);
  } finally {
    world.end();
  }
  const { timeline, sight } = world;
  return {
    violation,
    steps,
    faults,
    happenings: timeline.happened,
    answers: stage.answers,
    events: sight.heardEvents,
    met,
  };
}
