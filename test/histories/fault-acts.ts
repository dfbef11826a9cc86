import type { Stage } from "./stage.ts";

/** What breaks, by name. Each ends by itself, and tells the weather of its beginning and its end. */
export const faultActs: Readonly<Record<string, (stage: Stage) => void>> = {
  kill,
  upgrade,
  "stand-still": (stage) => standStill(stage, false),
  "clocks-stand-still": (stage) => standStill(stage, true),
  "clock-leap": clockLeap,
  "store-cut": storeCut,
  "store-away": (stage) => storeMode(stage, stage.chance.pick(["refusing", "silent"])),
  "store-full": (stage) => storeMode(stage, "full"),
  "store-read-only": (stage) => storeMode(stage, "read-only"),
  "store-slow": storeSlow,
  "store-losses": storeLosses,
  promotion,
  "messages-lost": messagesLost,
  "messages-late-or-twice": messagesLateOrTwice,
  "gateway-cut": gatewayCut,
  "gateway-losses": gatewayLosses,
  "gateway-refuses": (stage) => gatewayRefuses(stage, "gateway refuses", stage.chance.between(100, 3_000)),
  "gateway-refuses-for-long": (stage) =>
    gatewayRefuses(stage, "gateway refuses for long", stage.chance.between(8_000, 20_000)),
};

/** Begins it, and ends it after a while. */
function lasts(stage: Stage, fault: string, ms: number, words: string, begin: () => void, end: () => void): void {
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

const place = (stage: Stage): number => stage.chance.below(stage.world.fleet.length);
const duration = (stage: Stage): number => stage.chance.pick([1, 1, 5, 30]) * stage.chance.between(100, 1_500);

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
  const { world, chance } = stage;
  const at = place(stage);
  const running = world.fleet[at];
  if (running == null || running.instance.draining) return;
  world.tell(() => `! ${running.instance.host.name} is ended, another one takes its place`);
  world.weather.begin("upgrade");
  let started = false;
  const next = (): void => {
    if (started) return;
    started = true;
    if (world.fleet[at] === running) world.kill(at);
    world.timeline.in(chance.between(100, 3_000), () => {
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

function storeCut(stage: Stage): void {
  const { world, chance } = stage;
  const wire = world.fleet[place(stage)]?.wire;
  if (wire === undefined || wire.reach !== "well") return;
  const how = chance.pick(["refused", "silent"] as const);
  lasts(
    stage,
    "store cut",
    duration(stage),
    `${wire.name} is cut off from Redis, ${how}`,
    () => wire.cut(how),
    () => wire.heal(),
  );
}

function storeMode(stage: Stage, mode: "refusing" | "silent" | "full" | "read-only"): void {
  const { store } = stage.world;
  if (store.mode !== "well") return;
  const begin = (): void => {
    store.mode = mode;
  };
  lasts(stage, `store ${mode}`, duration(stage), `Redis is ${mode}`, begin, () => store.heal());
}

function storeSlow(stage: Stage): void {
  const { store } = stage.world;
  if (store.slowness > 10) return;
  const begin = (): void => {
    store.slowness = stage.chance.pick([30, 200, 700]);
  };
  lasts(stage, "store slow", duration(stage), "Redis is slow", begin, () => {
    store.slowness = 2;
  });
}

function storeLosses(stage: Stage): void {
  const { store } = stage.world;
  const begin = (): void => {
    store.losses = { commands: 0.1, answers: 0.2 };
  };
  lasts(stage, "store losses", duration(stage), "commands to Redis and answers get lost", begin, () => {
    store.losses = { commands: 0, answers: 0 };
  });
}

function promotion(stage: Stage): void {
  const { world, chance } = stage;
  const ms = chance.between(0, 1_000);
  world.weather.strike("promotion");
  const lost = world.store.promote(ms);
  world.storeWentBack();
  world.tell(() => `! a replica is promoted that has not seen the last ${Math.round(ms)} ms: ${lost} writes`);
}

function messagesLost(stage: Stage): void {
  const { world } = stage;
  const wire = world.fleet[place(stage)]?.wire;
  if (wire === undefined) return;
  const ms = duration(stage);
  lasts(
    stage,
    "messages lost",
    ms,
    `${wire.name} misses messages`,
    () => wire.missMessages(ms),
    () => undefined,
  );
}

function messagesLateOrTwice(stage: Stage): void {
  const { store } = stage.world;
  const begin = (): void => {
    store.messages = { late: 0.3, twice: 0.3 };
  };
  lasts(stage, "messages late or twice", duration(stage), "messages come late or twice", begin, () => {
    store.messages = { late: 0, twice: 0 };
  });
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
  const { gateway } = stage.world;
  if (gateway.refuses !== null) return;
  const begin = (): void => {
    gateway.refuses = "000-003";
  };
  lasts(stage, fault, ms, "the gateway refuses every Guid", begin, () => {
    gateway.refuses = null;
  });
}
