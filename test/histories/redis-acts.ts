import { duration, lasts, place } from "./fault-acts.ts";
import { changeKeys } from "./key-acts.ts";
import { RedisWire } from "./redis-wire.ts";
import type { Stage } from "./stage.ts";
import { listenToListOf, mateOf, signOut } from "./user-acts.ts";

/** What breaks of Redis and on the way to it, by name. */
export const redisActs: Readonly<Record<string, (stage: Stage) => void>> = {
  "store-cut": storeCut,
  "store-away": (stage) => storeMode(stage, stage.chance.pick(["refusing", "silent"])),
  "store-full": (stage) => storeMode(stage, "full"),
  "store-read-only": (stage) => storeMode(stage, "read-only"),
  "store-slow": storeSlow,
  "store-losses": storeLosses,
  promotion,
  "messages-lost": messagesLost,
  "messages-late-or-twice": messagesLateOrTwice,
  "instances-apart": instancesApart,
  "unheard-sign-out": unheardSignOut,
  "keys-in-two-phases": (stage) => changeKeys(stage, false),
  "keys-at-once": (stage) => changeKeys(stage, true),
};

function aWire(stage: Stage): RedisWire | null {
  const wire = stage.world.fleet[place(stage)]?.wire;
  return wire instanceof RedisWire ? wire : null;
}

function storeCut(stage: Stage): void {
  const { chance } = stage;
  const wire = aWire(stage);
  if (wire === null || wire.reach !== "well") return;
  const how = chance.pick(["refused", "silent"] as const);
  lasts(
    stage,
    "store cut",
    chance.happens(0.25) ? chance.between(30_000, 60_000) : duration(stage),
    `${wire.name} is cut off from Redis, ${how}`,
    () => wire.cut(how),
    () => wire.heal(),
  );
}

function storeMode(stage: Stage, mode: "refusing" | "silent" | "full" | "read-only"): void {
  const store = stage.world.redis;
  if (store === null) return;
  if (store.mode !== "well") return;
  const begin = (): void => {
    store.mode = mode;
  };
  lasts(stage, `store ${mode}`, duration(stage), `Redis is ${mode}`, begin, () => store.heal());
}

function storeSlow(stage: Stage): void {
  const store = stage.world.redis;
  if (store === null) return;
  if (store.slowness > 10) return;
  const begin = (): void => {
    store.slowness = stage.chance.pick([30, 200, 700]);
  };
  lasts(stage, "store slow", duration(stage), "Redis is slow", begin, () => {
    store.slowness = 2;
  });
}

function storeLosses(stage: Stage): void {
  const store = stage.world.redis;
  if (store === null) return;
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
  if (world.redis === null) return;
  world.weather.strike("promotion");
  const lost = world.redis.promote(ms);
  world.storeWentBack(false);
  world.tell(() => `! a replica is promoted that has not seen the last ${Math.round(ms)} ms: ${lost} writes`);
}

function messagesLost(stage: Stage): void {
  const wire = aWire(stage);
  if (wire !== null) missMessages(stage, wire, duration(stage));
}

/** Both devices of a user listen to their list, one signs out elsewhere, and who shows the list does not hear of it. */
function unheardSignOut(stage: Stage): void {
  const { world, chance } = stage;
  const [at, elsewhere] = [stage.anInstance(), stage.anInstance()];
  if (at === null || elsewhere === null || !(at.wire instanceof RedisWire)) return;
  const device = stage.aDevice();
  const mate = mateOf(stage, device);
  listenToListOf(stage, device, at);
  listenToListOf(stage, mate, at);
  missMessages(stage, at.wire, chance.between(1_000, 10_000));
  world.timeline.in(chance.between(0, 2_000), () => signOut(stage, mate, elsewhere, false));
}

function missMessages(stage: Stage, wire: RedisWire, ms: number): void {
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
  const store = stage.world.redis;
  if (store === null) return;
  const begin = (): void => {
    store.messages = { late: 0.3, twice: 0.3 };
  };
  lasts(stage, "messages late or twice", duration(stage), "messages come late or twice", begin, () => {
    store.messages = { late: 0, twice: 0 };
  });
}

/** Messages of two instances do not reach each other, and nobody tells them; the store is there for both. */
function instancesApart(stage: Stage): void {
  const { redis } = stage.world;
  const [one, other] = [aWire(stage), aWire(stage)];
  if (redis === null || one === null || other === null || one === other) return;
  const pair = [one, other] as const;
  const words = `messages of ${one.name} and ${other.name} do not reach each other`;
  lasts(
    stage,
    "instances apart",
    duration(stage),
    words,
    () => redis.apart.add(pair),
    () => redis.apart.delete(pair),
  );
}
