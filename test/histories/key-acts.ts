import { replace } from "./fault-acts.ts";
import type { Stage } from "./stage.ts";

/** How often an operator looks whether the next instance can be restarted. */
const LOOK_MS = 500;
/** Longer than three instances take to end one after the other, whatever keeps them. */
const MOST_LOOKS = 800;

/**
 * Gives all instances their next keys by restarting them one after the other. In two phases nobody is ever without a key
 * that another seals with; at once some are, for as long as it takes.
 */
export function changeKeys(stage: Stage, atOnce: boolean): void {
  const { world } = stage;
  const { keys, weather, timeline } = world;
  if (keys.underWay || (atOnce && !keys.isWhole)) return;
  const next = keys.next(world.store.model, atOnce);
  if (next === null) return;
  const fault = atOnce ? "keys at once" : "keys changed";
  world.tell(() => `! all instances get the keys ${next.join(", ")}, one after the other`);
  weather.begin(fault);
  keys.underWay = true;
  let looks = 0;
  const look = (): void => {
    // Who does not run, perhaps for want of a key, comes first.
    const isDue = (at: number): boolean => world.fleet[at]?.wire.keys !== next && keys.ofPlace[at] !== next;
    const places = [...world.fleet.keys()].filter(isDue);
    const due = places.find((at) => world.fleet[at] === null) ?? places[0] ?? -1;
    const missing = world.fleet.some((running) => running === null || running.instance.draining);
    looks += 1;
    if (due >= 0 && (!missing || world.fleet[due] == null)) {
      keys.ofPlace[due] = next;
      if (world.fleet[due] == null) world.start(due);
      else replace(stage, due, stage.chance.between(100, 2_000));
    }
    // One that was restarted otherwise may have come back before it was its turn.
    const behind = world.fleet.findIndex((running) => running !== null && running.wire.keys !== next);
    if (due < 0 && behind >= 0 && !missing) replace(stage, behind, 100);
    if ((due < 0 && behind < 0 && !missing) || looks > MOST_LOOKS) {
      if (looks > MOST_LOOKS) world.violate("mistake", "the keys are never changed");
      keys.underWay = false;
      weather.end(fault);
      world.tell(() => "! over: all instances have the keys");
    } else timeline.in(LOOK_MS, look);
  };
  look();
}
