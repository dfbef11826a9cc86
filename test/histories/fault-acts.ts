import type { Stage } from "./stage.ts";

/** Refusals that are further apart than this have had an answer in between: polls of a refused Guid are 500 ms apart at most. */
const BETWEEN_TWO_MS = 2_000;

/** What breaks, whatever the store is, by name. Each ends by itself, and tells the weather of its beginning and its end. */
export const faultActs: Readonly<Record<string, (stage: Stage) => void>> = {
  kill,
  upgrade,
  drain,
  "stand-still": (stage) => standStill(stage, false),
  "clocks-stand-still": (stage) => standStill(stage, true),
  "clock-leap": clockLeap,
  "gateway-cut": gatewayCut,
  "gateway-losses": gatewayLosses,
  "gateway-refuses": (stage) => gatewayRefuses(stage, "gateway refuses", stage.chance.between(100, 3_000)),
  "gateway-refuses-for-long": (stage) =>
    gatewayRefuses(stage, "gateway refuses for long", stage.chance.between(8_000, 20_000)),
};

/** Begins it, and ends it after a while. */
export function lasts(
  stage: Stage,
  fault: string,
  ms: number,
  words: string,
  begin: () => void,
  end: () => void,
): void {
  const { world } = stage;
  world.tell(() => `! ${words}, for ${Math.round(ms)} ms`);
  world.weather.begin(fault);
  begin();
  world.timeline.in(ms, () => {
    world.tell(() => `! over: ${words}`);
    end();
    world.weather.end(fault);
  });
}

export const place = (stage: Stage): number => stage.chance.below(stage.world.fleet.length);
export const duration = (stage: Stage): number => stage.chance.pick([1, 1, 5, 30]) * stage.chance.between(100, 1_500);

function kill(stage: Stage): void {
  const { world, chance } = stage;
  const at = place(stage);
  const running = world.fleet[at];
  if (running == null) return;
  const begin = (): void => world.kill(at);
  lasts(stage, "kill", chance.between(100, 8_000), `${running.instance.host.name} is killed`, begin, () =>
    world.start(at),
  );
}

/** Ended as for an upgrade, and the next one started in its place. */
function upgrade(stage: Stage): void {
  replace(stage, place(stage), stage.chance.between(100, 3_000));
}

/** Ended, and its place left empty for a while. */
function drain(stage: Stage): void {
  replace(stage, place(stage), stage.chance.between(5_000, 30_000));
}

/** Ends the instance in a place, and starts the next one there after `emptyMs`. */
export function replace(stage: Stage, at: number, emptyMs: number): void {
  const { world } = stage;
  const running = world.fleet[at];
  if (running == null || running.instance.draining) return;
  world.tell(() => `! ${running.instance.host.name} is ended, another takes its place after ${Math.round(emptyMs)} ms`);
  world.weather.begin("upgrade");
  let started = false;
  const next = (): void => {
    if (started) return;
    started = true;
    if (world.fleet[at] === running) world.kill(at);
    world.timeline.in(emptyMs, () => {
      world.start(at);
      world.weather.end("upgrade");
    });
  };
  world.drain(at, 15_000, next);
  // What does not end is killed, as an orchestrator does it.
  world.timeline.in(30_000, next);
}

function standStill(stage: Stage, withClocks: boolean): void {
  const { world, chance } = stage;
  const host = world.fleet[place(stage)]?.instance.host;
  if (host === undefined || host.stands) return;
  const fault = withClocks ? "clocks stood still" : "standing still";
  const words = `${host.name} stands still${withClocks ? " with its clocks" : ""}`;
  const ms = chance.pick([1, 10, 40]) * chance.between(50, 1_500);
  lasts(
    stage,
    fault,
    ms,
    words,
    () => host.standStill(withClocks),
    () => host.goOn(),
  );
}

function clockLeap(stage: Stage): void {
  const { world, chance } = stage;
  const host = world.fleet[place(stage)]?.instance.host;
  if (host === undefined) return;
  const ms = chance.pick([-1, 1]) * chance.pick([4_000, 20_000, 2_400_000]);
  const words = `the clock of ${host.name} leaps by ${ms} ms`;
  lasts(
    stage,
    "clock leap",
    duration(stage),
    words,
    () => host.leap(ms),
    () => host.leap(-ms),
  );
}

function gatewayCut(stage: Stage): void {
  const { world, chance } = stage;
  const instance = world.fleet[place(stage)]?.instance;
  if (instance === undefined || instance.gateway.reach !== "well") return;
  const { gateway, host } = instance;
  const how = chance.pick(["refused", "silent"] as const);
  const begin = (): void => {
    gateway.reach = how;
  };
  lasts(stage, "gateway cut", duration(stage), `${host.name} is cut off from the gateway, ${how}`, begin, () => {
    gateway.reach = "well";
  });
}

function gatewayLosses(stage: Stage): void {
  const { world } = stage;
  const instance = world.fleet[place(stage)]?.instance;
  if (instance === undefined) return;
  const { gateway, host } = instance;
  const begin = (): void => {
    gateway.losses = { calls: 0.1, answers: 0.2 };
  };
  lasts(stage, "gateway losses", duration(stage), `calls of ${host.name} and answers get lost`, begin, () => {
    gateway.losses = { calls: 0, answers: 0 };
  });
}

function gatewayRefuses(stage: Stage, fault: string, ms: number): void {
  const { gateway, weather } = stage.world;
  if (gateway.refuses !== null) return;
  const lastMs = Math.min(weather.since("gateway refuses"), weather.since("gateway refuses for long"));
  // Whoever asks now and then notices no pause as short as that: two in a row are one, and may be long.
  const kind = lastMs < BETWEEN_TWO_MS ? "gateway refuses for long" : fault;
  const begin = (): void => {
    gateway.refuses = "000-003";
  };
  lasts(stage, kind, ms, "the gateway refuses every Guid", begin, () => {
    gateway.refuses = null;
  });
}
