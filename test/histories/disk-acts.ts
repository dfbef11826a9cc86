import { duration, lasts } from "./fault-acts.ts";
import { changeKeys } from "./key-acts.ts";
import type { Stage } from "./stage.ts";

/** What breaks of the one machine with its file, by name. */
export const diskActs: Readonly<Record<string, (stage: Stage) => void>> = {
  "power-cut": powerCut,
  "disk-full": diskFull,
  "disk-slow": diskSlow,
  "disk-fails": diskFails,
  "keys-at-the-restart": (stage) => changeKeys(stage, stage.chance.happens(0.5)),
};

/** The process is gone in the middle of whatever it does, and what the disk does not have yet is lost. */
function powerCut(stage: Stage): void {
  const { world, chance } = stage;
  const running = world.fleet[0];
  if (running == null || world.file === null) return;
  const { file } = world;
  const begin = (): void => {
    world.kill(0);
    const lost = file.losePower();
    world.storeWentBack(true);
    world.tell(() => `  ${lost} writes were not on the disk`);
  };
  lasts(stage, "power cut", chance.between(500, 10_000), `${running.instance.host.name} loses its power`, begin, () =>
    world.start(0),
  );
}

function diskFull(stage: Stage): void {
  const { file } = stage.world;
  if (file === null || file.mode !== "well") return;
  const begin = (): void => {
    file.mode = "full";
  };
  lasts(stage, "disk full", duration(stage), "the disk is full", begin, () => {
    file.mode = "well";
  });
}

function diskSlow(stage: Stage): void {
  const { file } = stage.world;
  if (file === null || file.slowness > 20) return;
  const begin = (): void => {
    file.slowness = stage.chance.pick([200, 1_500, 4_000]);
  };
  lasts(stage, "disk slow", duration(stage), "the disk is slow", begin, () => {
    file.slowness = 15;
  });
}

/** An fsync fails: nobody knows what the disk has, and the process takes no more until somebody restarts it. */
function diskFails(stage: Stage): void {
  const { world, chance } = stage;
  const { file } = world;
  const running = world.fleet[0];
  if (file === null || running == null || file.mode !== "well") return;
  const begin = (): void => {
    file.mode = "failing";
  };
  lasts(stage, "disk failing", chance.between(2_000, 20_000), "the next fsync fails", begin, () => {
    file.mode = "well";
    world.kill(0);
    world.start(0);
  });
}
