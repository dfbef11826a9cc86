import type { FaultSpec } from "../../simulator/index.ts";
import { rest } from "./rest.ts";
import type { Act, Place, Stage } from "./stage.ts";

/** What goes wrong between the processes, and what the gateway itself does and says; several at once may. */
export const networkActs: readonly [Act, ...Act[]] = [
  onOne("connections to the gateway cut", ({ toGateway }, { dice }) => toGateway.cut(() => dice.roll() < 0.7)),
  onOne("connections to Redis cut", ({ toRedis }, { dice }) => toRedis.cut(() => dice.roll() < 0.7)),
  {
    name: "gateway out of reach of one instance",
    play: (stage, signal) => stage.gatewayTurns.take(signal, () => outOfReach.play(stage, signal)),
  },
  onOne("Redis out of reach of one instance", ({ toRedis }, { dice }, signal) =>
    toRedis.swallow(dice.between(200, 4_000), signal),
  ),
  {
    name: "all Guids rotated",
    play: async ({ gateway, tally }) => {
      tally.fault("all Guids rotated");
      await gateway.rotate();
    },
  },
  {
    name: "gateway slow",
    play: async ({ gateway, tally, dice }, signal) => {
      tally.fault("gateway slow");
      await gateway.setLatency(Math.round(dice.between(20, 200)));
      await rest(dice.between(200, 1_500), signal);
      await gateway.setLatency(0);
    },
  },
  // Twice, for there are many kinds of them.
  { name: "gateway answer spoiled", play: spoil },
  { name: "gateway answer spoiled", play: spoil },
];

const outOfReach = onOne("gateway out of reach of one instance", ({ toGateway }, { dice }, signal) =>
  toGateway.swallow(dice.between(200, 2_500), signal),
);

function onOne(name: string, play: (place: Place, stage: Stage, signal: AbortSignal) => void | Promise<void>): Act {
  return {
    name,
    async play(stage, signal) {
      const place = stage.dice.pick(stage.places);
      if (place === undefined) return;
      stage.tally.fault(name);
      await play(place, stage, signal);
    },
  };
}

const READS = ["queryvdnconfid", "queryconfinfos", "iscensor"] as const;
const SIGNS = ["sign-in", "forcelogin", "logout"] as const;

/** What a gateway in trouble answers. None of it ends a session; `worked`: it did its work, and a new Guid may be lost. */
const SPOILT: readonly [FaultSpec, ...FaultSpec[]] = [
  { kind: "retcode", retcode: "000-004", on: "*" },
  { kind: "retcode", retcode: "105-002", on: ["poll", ...READS] },
  { kind: "retcode", retcode: "100-007", on: "*" },
  { kind: "retcode", retcode: "100-003", on: ["sign-in", "forcelogin"] },
  { kind: "retcode", retcode: "999-001", on: ["poll", ...READS] },
  { kind: "status", status: 500, on: "*" },
  { kind: "status", status: 503, on: "*" },
  { kind: "html", on: "*" },
  { kind: "empty", on: "*" },
  { kind: "invalid-json", on: ["poll", ...READS] },
  { kind: "reset", on: "*" },
  { kind: "reset", on: "poll", worked: true },
  { kind: "reset", on: SIGNS, worked: true },
  { kind: "cut", on: ["poll", ...READS, ...SIGNS] },
  { kind: "hang", on: READS },
  { kind: "hang", on: SIGNS },
  { kind: "hang", on: "poll" },
  { kind: "drip", on: READS, chunk: 64, everyMs: 30 },
];

async function spoil({ gateway, tally, dice }: Stage, signal: AbortSignal): Promise<void> {
  const spec = dice.pick(SPOILT);
  tally.fault(`gateway answers: ${spec.kind}${spec.retcode === undefined ? "" : ` ${spec.retcode}`}`);
  const rule = await gateway.addFault({ ...spec, times: 1 + Math.floor(dice.roll() * 20) });
  await rest(dice.between(200, 1_500), signal);
  await gateway.clearFault(rule.id);
}

/** A single refusal of a Guid that is good: no verdict, since the same call is asked again. */
export const strayRefusal: Act = {
  name: "good Guid refused once",
  async play({ gateway, tally, dice, steady }, signal) {
    const agentId = dice.pick(steady);
    if (agentId === undefined) return;
    tally.fault("good Guid refused once");
    const on = dice.roll() < 0.5 ? "poll" : "queryvdnconfid";
    const rule = await gateway.addFault({ kind: "retcode", retcode: "000-003", on, agentId, times: 1 });
    await rest(1_500, signal);
    await gateway.clearFault(rule.id);
  },
};
