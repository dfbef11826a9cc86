import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { type Contender, startService } from "../contenders.ts";
import { startGatewayStub } from "../gateway/gateway-stub.ts";
import { memoryOf } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import { startRedis } from "../redis.ts";
import type { Bench, Row } from "../row.ts";
import { bindSessions, someSessions } from "../sessions.ts";
import { rounded } from "../statistics.ts";
import { newKey } from "../tokens.ts";

/** So many agents poll once every 10 s and get a new Guid once a minute: what a sixth of a minute asks of a fleet. */
const WORTH = 100_000;
const POLL_SECONDS = 10;
const POLLS_A_ROTATION = 6;

/** Few agents, whose polls are short: the core has as much to do as it can. */
const AGENTS = 1_000;
const HOLD_MS = 500;
const LONGEST_SECONDS = 150;

/**
 * What the polls and rotations of 100,000 agents cost, made one after the other by fewer agents at a gateway that holds polls
 * shortly and renews Guids as often: by one to four processes on one Redis.
 */
export const capacity: Row = async (bench) => {
  const polls = bench.quick ? WORTH / 10 : WORTH;
  const found: Awaited<ReturnType<typeof worthOf>>[] = [];
  for (const count of [1, 2, 4]) found.push(await worthOf(bench, count, polls));
  return {
    measured: {},
    tables: [
      {
        title: `Polls and rotations as of ${rounded(polls)} agents in ${POLL_SECONDS} s, on one Redis`,
        head: [
          "processes",
          "polls",
          "rotations",
          "CPU a poll, µs",
          "cores for these agents",
          "Redis commands a poll",
          "Redis CPU a poll, µs",
          "MiB, all of them",
        ],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.polls),
          rounded(one.rotations),
          rounded(one.cpuMicros),
          rounded((one.cpuMicros * polls) / POLL_SECONDS / 1e6),
          rounded(one.commands),
          rounded(one.redisMicros),
          rounded(one.mib),
        ]),
        note: `Made by ${rounded(AGENTS)} agents whose polls are held for ${HOLD_MS} ms. A poll's share of a rotation is in its figure. All processes share the one measured core.`,
      },
    ],
  };
};

function worthOf({ directory }: Bench, count: number, polls: number) {
  return closing(async (keep) => {
    const pace = { holdMs: HOLD_MS, rotationMs: HOLD_MS * POLLS_A_ROTATION };
    const gateway = keep(await startGatewayStub(directory, pace));
    const key = newKey("HS256");
    const redis = keep(await startRedis(directory));
    const setting = { directory, key, gatewayUrl: gateway.url };
    const all: Contender[] = [];
    for (let number = 1; number <= count; number++) {
      all.push(keep(await startService(setting, { name: `process ${number}`, environment: redis.environment })));
    }
    const sessions = someSessions(AGENTS);
    const each = Math.ceil(AGENTS / count);
    for (const [place, { url }] of all.entries()) {
      await bindSessions(url, key, sessions.slice(place * each, (place + 1) * each), "managed");
    }
    await wait(5_000);
    const cpu = (): number => all.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    const [before, cpuBefore, commands, redisCpu] = [
      await gateway.counts(),
      cpu(),
      await redis.commands(),
      cpuSecondsOf(redis.pid),
    ];
    const until = performance.now() + LONGEST_SECONDS * 1_000;
    let after = before;
    while (after.polls - before.polls < polls && performance.now() < until) {
      await wait(250);
      after = await gateway.counts();
    }
    const made = after.polls - before.polls;
    if (made < polls / 4) throw new Error(`only ${made} polls in ${LONGEST_SECONDS} s`);
    return {
      count,
      polls: made,
      rotations: after.rotations - before.rotations,
      cpuMicros: ((cpu() - cpuBefore) / made) * 1e6,
      commands: ((await redis.commands()) - commands) / made,
      redisMicros: ((cpuSecondsOf(redis.pid) - redisCpu) / made) * 1e6,
      mib: all.reduce((sum, { pid }) => sum + memoryOf(pid), 0),
    };
  });
}
