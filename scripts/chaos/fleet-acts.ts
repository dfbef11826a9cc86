import type { Instance } from "./instance.ts";
import { rest } from "./rest.ts";
import { type Act, oneOfSeveral, type Stage } from "./stage.ts";

const LONGEST_AWAY_MS = 2_500;

/** The first instance is never killed, so that its memory tells about the whole run. */
async function endAndStart(
  stage: Stage,
  signal: AbortSignal,
  name: string,
  end: (instance: Instance) => Promise<void>,
): Promise<void> {
  const instance = oneOfSeveral(stage, stage.places[0]?.instance);
  if (instance === undefined) return;
  stage.tally.fault(name);
  await end(instance);
  await rest(stage.dice.between(100, LONGEST_AWAY_MS), signal);
  await instance.start();
}

/** Instances die, and are replaced as in a rolling update. */
export const fleetActs: readonly [Act, ...Act[]] = [
  {
    name: "instance killed",
    play: (stage, signal) => endAndStart(stage, signal, "instance killed", (instance) => instance.kill()),
  },
  {
    name: "instance ended by SIGTERM",
    play: (stage, signal) =>
      endAndStart(stage, signal, "instance ended by SIGTERM", (instance) => instance.terminate()),
  },
];
