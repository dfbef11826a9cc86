import type { Instance } from "./instance.ts";
import { rest } from "./rest.ts";
import type { Secrets } from "./secrets.ts";
import type { Act, Place, Stage } from "./stage.ts";

const LOOK_EVERY_MS = 100;

/**
 * The sealing keys are changed as the operator's page says, one instance at a time, under load: first all learn to open
 * what the new key seals, then all seal with it. The old key stays, since what it has sealed lives as long as a session.
 */
export function keyChange(secrets: Secrets): Act {
  return {
    name: "sealing keys changed",
    play: async (stage, signal) => {
      stage.tally.fault("sealing keys changed");
      for (const SESSION_KEYS of secrets.nextSealingKeys()) {
        for (const place of stage.places) await restartWith(stage, place, { SESSION_KEYS }, signal);
      }
    },
  };
}

/** Whoever else ends or starts the instance meanwhile is let be: it comes up with what it is told now. */
async function restartWith(
  { places }: Stage,
  { instance }: Place,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = instance.tell(environment);
  while (!signal.aborted && !(instance.state === "up" && instance.startedWith === wanted)) {
    const another = places.some((other) => other.instance !== instance && other.instance.state === "up");
    if (instance.state === "up" && another) await roll(instance);
    else await rest(LOOK_EVERY_MS, signal);
  }
}

async function roll(instance: Instance): Promise<void> {
  await instance.terminate();
  await instance.start();
}
