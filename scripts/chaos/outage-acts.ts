import { setTimeout as wait } from "node:timers/promises";
import { rest } from "./rest.ts";
import { type Act, oneOfSeveral, type Stage } from "./stage.ts";
import { times } from "./times.ts";

const CATCH_UP_MS = 250;

/**
 * One of these at a time. Two of them at once could break what the gateway promises: one that stands still holds a poll
 * for longer than it says, and if its poller stood still as well, nobody could close that poll before another begins.
 */
export const outageActs: readonly [Act, ...Act[]] = [
  act("instance paused for a moment", async (stage, signal) => {
    await pauseInstance(stage, stage.dice.between(50, times.leaseMs / 2), signal);
  }),
  act("instance paused past its leases", async (stage, signal) => {
    await pauseInstance(stage, stage.dice.between(times.leaseMs * 1.1, times.leaseMs * 2.5), signal);
  }),
  act("Redis paused", async ({ redis, dice }, signal) => {
    redis.pause();
    await rest(dice.between(100, 2_500), signal);
    redis.resume();
  }),
  act("Redis killed", async ({ redis, dice }, signal) => {
    await redis.kill();
    await rest(dice.between(0, 1_500), signal);
    await redis.restart();
  }),
  gatewayAct("gateway paused", async ({ gateway, dice, tally }, signal) => {
    const before = (await gateway.violations()).counts.hastyPoll;
    gateway.pause();
    await rest(dice.between(100, 2_000), signal);
    gateway.resume();
    // It counts the pauses between polls by the time at which it gets to them.
    await wait(CATCH_UP_MS);
    tally.hastyWhilePaused += (await gateway.violations()).counts.hastyPoll - before;
  }),
  gatewayAct("gateway down", async ({ gateway, dice }, signal) => {
    const ms = dice.between(100, 2_500);
    await gateway.down(ms);
    await rest(ms, signal);
  }),
];

/** In its row as well, in runs that are long enough to tell. */
export const fullStore: Act = act("Redis full", async ({ redis, dice }, signal) => {
  await redis.fill();
  await rest(dice.between(300, 4_000), signal);
  await redis.empty();
});

function gatewayAct(name: string, play: Act["play"]): Act {
  const { play: counted } = act(name, play);
  return { name, play: (stage, signal) => stage.gatewayTurns.take(signal, () => counted(stage, signal)) };
}

function act(name: string, play: Act["play"]): Act {
  return {
    name,
    play: (stage, signal) => {
      stage.tally.fault(name);
      return play(stage, signal);
    },
  };
}

async function pauseInstance(stage: Stage, ms: number, signal: AbortSignal): Promise<void> {
  const instance = oneOfSeveral(stage);
  if (instance === undefined) return;
  instance.pause();
  await rest(ms, signal);
  instance.resume();
}
