import { Bounds } from "./bounds.ts";
import { SeededChance } from "./chance.ts";
import { diskActs } from "./disk-acts.ts";
import { faultActs } from "./fault-acts.ts";
import { operatorActs } from "./operator-acts.ts";
import { redisActs } from "./redis-acts.ts";
import { settle } from "./settling.ts";
import { Stage } from "./stage.ts";
import { userActs } from "./user-acts.ts";
import { Violation } from "./verdict.ts";
import { type StoreKind, World } from "./world.ts";

const faultActsOf = { redis: { ...faultActs, ...redisActs }, sqlite: { ...faultActs, ...diskActs } };
/** What may happen, by the kind of the store. */
export const actsOf: Readonly<Record<StoreKind, Readonly<Record<string, (stage: Stage) => void>>>> = {
  redis: { ...userActs, ...operatorActs, ...faultActsOf.redis },
  sqlite: { ...userActs, ...operatorActs, ...faultActsOf.sqlite },
};

/** One step: somebody does something, and time passes. */
export interface Step {
  readonly act: string;
  /** Of all chance from here on to the next step: a step means the same whatever stood before it. */
  readonly seed: number;
  readonly pauseMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly kind: StoreKind;
  readonly instances: number;
  readonly conferences: { readonly sharing: "agent" | "vdn"; readonly freshMs: number };
  readonly steps: readonly Step[];
}

const weights: Readonly<Record<string, number>> = {
  list: 12,
  "sign-in": 8,
  listen: 4,
  "come-back": 4,
  "listen-to-list": 3,
  event: 8,
  rotation: 5,
  "forced-sign-in": 4,
  "sign-out": 4,
  bind: 3,
  "in-and-out": 3,
  // What only they bring about is rare: leases that end while their holder polls on, memories that are behind.
  "store-cut": 3,
  "store-slow": 2,
};
const weighted = (kind: StoreKind): string[] =>
  Object.keys(actsOf[kind]).flatMap((act) => Array.from({ length: weights[act] ?? 1 }, () => act));
const choices = { redis: weighted("redis"), sqlite: weighted("sqlite") };
const calm = choices.redis.filter((act) => !(act in faultActsOf.redis));

/** What a seed has in store: mostly a fleet on Redis, and sometimes one instance on its file. */
export function planOf(seed: number, { instances = 3, length = 200 } = {}): Plan {
  const chance = new SeededChance(seed);
  // Some histories are calm: what must hold without a fault is held to more strictly.
  const isCalm = chance.happens(0.2);
  const kind = chance.happens(1 / 6) ? "sqlite" : "redis";
  const from = isCalm ? calm : choices[kind];
  const steps = Array.from({ length }, () => ({ act: chance.pick(from), seed: chance.seed(), pauseMs: pause(chance) }));
  const conferences = { sharing: chance.pick(["agent", "vdn"] as const), freshMs: chance.pick([0, 0, 1_500]) };
  return { seed, kind, instances: kind === "sqlite" ? 1 : instances, conferences, steps };
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
  readonly kind: StoreKind;
  readonly steps: number;
  readonly faults: number;
  /** Everything that happened on the timeline. */
  readonly happenings: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly events: number;
  /** How many streams have shown. */
  readonly lists: number;
  /** Which fault was felt when which act was done. */
  readonly met: ReadonlySet<string>;
}

/** Lives through a plan, and through the time in which everything has to become well again. */
export async function live(plan: Plan, tell?: (line: string) => void): Promise<Outcome> {
  const { seed, kind, instances, conferences } = plan;
  const world = new World({ seed, kind, instances, conferences, ...(tell && { tell }) });
  const [acts, faultActs] = [actsOf[kind], faultActsOf[kind]];
  const stage = new Stage(world);
  const bounds = new Bounds(world);
  const met = new Set<string>();
  let [steps, faults] = [0, 0];
  let violation: Violation | null = null;
  try {
    for (const { act, seed: stepSeed, pauseMs } of plan.steps) {
      world.chance.reseed(stepSeed);
      for (const fault of world.weather.now) met.add(`${kind}: ${fault} × ${act}`);
      acts[act]?.(stage);
      steps += 1;
      if (act in faultActs) faults += 1;
      world.check();
      await world.pass(pauseMs);
      bounds.look();
    }
    world.chance.reseed(plan.seed);
    await settle(stage, bounds);
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation("mistake", String((error as Error).stack));
    world.tell(() => `✗ ${violation?.kind}: ${violation?.message}`);
  } finally {
    world.end();
  }
  const { timeline, sight } = world;
  return {
    violation,
    kind,
    steps,
    faults,
    happenings: timeline.happened,
    answers: stage.answers,
    events: sight.heardEvents,
    lists: sight.shownLists,
    met,
  };
}
