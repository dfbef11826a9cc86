import { Balancer } from "./balancer.ts";
import { ChangingAgents } from "./changing-agents.ts";
import { clockActs } from "./clock-acts.ts";
import { ContestedAgent } from "./contested-agents.ts";
import { liveOn } from "./daily-life.ts";
import { type Dice, diceFor } from "./dice.ts";
import { startFleet } from "./fleet.ts";
import { fleetActs } from "./fleet-acts.ts";
import { keyChange } from "./key-change.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { networkActs, strayRefusal } from "./network-acts.ts";
import type { ChaosOptions } from "./options.ts";
import { fullStore, outageActs } from "./outage-acts.ts";
import { outlastingActs } from "./outlasting-acts.ts";
import { type ChaosReport, reportOn } from "./report.ts";
import { rest } from "./rest.ts";
import { Secrets } from "./secrets.ts";
import type { Act, Stage } from "./stage.ts";
import { SteadyAgents } from "./steady-agents.ts";
import { Tally } from "./tally.ts";
import { Timeline } from "./timeline.ts";
import { stretchTimes, times } from "./times.ts";
import { Turns } from "./turns.ts";

/** From here on a run has what takes long: a change of keys, an instance without a gateway, clocks that leap. */
const LONG_RUN_SECONDS = 60;
const CONTESTED = 2;
const KEY_CHANGE_AT_SHARE = 0.1;

/** Runs fleet, gateway, Redis and load with faults for so long, lets all settle, and reports. Rejects when aborted. */
export async function runChaos(options: ChaosOptions, aborted: AbortSignal): Promise<ChaosReport> {
  const { seconds, seed, instances, agents, stretch, trace } = options;
  stretchTimes(stretch);
  const startedAt = performance.now();
  const secrets = new Secrets();
  const coming = Math.max(2, Math.ceil(agents / 5));
  const bound = Math.max(1, Math.ceil(agents / 10));
  const fought = seconds >= LONG_RUN_SECONDS ? CONTESTED : 0;
  const timeline = new Timeline(trace);
  const fleet = await startFleet(instances, agents + coming + bound + fought, secrets, timeline);
  const { gateway, redis, places, agentIds } = fleet;
  const tally = new Tally(timeline);
  const processes = places.map(({ instance }) => instance);
  const balancer = new Balancer(processes, tally, diceFor(seed, "balancer"));
  try {
    const world = { balancer, tally, dice: diceFor(seed, "clients") };
    const steadyIds = agentIds.slice(0, agents);
    const steady = new SteadyAgents(world, secrets, steadyIds);
    const changing = new ChangingAgents(world, secrets, gateway);
    const memory = new MemoryWatch(processes);
    await memory.look();
    await steady.signIn();

    const failed = new AbortController();
    const endAfter = (ms: number) => AbortSignal.any([aborted, failed.signal, AbortSignal.timeout(ms)]);
    const faultsEnd = endAfter(seconds * 1_000);
    const loadEnd = endAfter(seconds * 1_000 + times.settleMs);
    const long = seconds >= LONG_RUN_SECONDS;
    const contestedIds = agentIds.slice(agents + coming + bound);
    const contested = contestedIds.map((agentId) => new ContestedAgent(agentId, world, secrets, gateway));
    const gatewayTurns = new Turns(times.gatewayCalmMs);
    const stage = (part: string): Stage => ({
      places,
      gateway,
      redis,
      steady: steadyIds,
      gatewayTurns,
      tally,
      dice: diceFor(seed, part),
    });
    const parts = [
      playActs(fleetActs, stage("fleet"), [300, 3_000], faultsEnd),
      playActs(long ? [...outageActs, fullStore] : outageActs, stage("outages"), [300, 3_000], faultsEnd),
      playActs(networkActs, stage("network"), [100, 1_500], faultsEnd),
      playActs([strayRefusal], stage("refusals"), [500, 3_000], faultsEnd),
      liveOn(gateway, steadyIds, diceFor(seed, "life"), loadEnd),
      memory.run(seconds * 1_000, loadEnd),
      steady.run(loadEnd),
      ...agentIds.slice(agents, agents + coming).map((agentId) => changing.comeAndGo(agentId, loadEnd)),
      ...agentIds
        .slice(agents + coming, agents + coming + bound)
        .map((agentId) => changing.bindAndRevoke(agentId, loadEnd)),
      ...contested.map((one) => one.run(loadEnd)),
      ...(long
        ? [
            playActs(clockActs, stage("clocks"), [1_000, 8_000], faultsEnd),
            playActs(outlastingActs, stage("outlasting"), [20_000, 40_000], faultsEnd),
            playLater(keyChange(secrets), stage("keys"), seconds * KEY_CHANGE_AT_SHARE * 1_000, faultsEnd),
          ]
        : []),
    ];
    // One of them has a mistake: the others end too, before what they use is closed.
    for (const part of parts) part.catch(() => failed.abort());
    const giveUp = (): void => balancer.close();
    for (const signal of [aborted, failed.signal]) signal.addEventListener("abort", giveUp, { once: true });
    await Promise.allSettled(parts);
    await Promise.all(parts);
    aborted.throwIfAborted();
    const lost = await steady.lost(times.settleMs);
    await memory.look();
    const [violations, state] = [await gateway.violations(), await gateway.state()];
    const ranSeconds = (performance.now() - startedAt) / 1_000;
    return reportOn({
      options,
      ranSeconds,
      tally,
      lost,
      violations,
      state,
      memory,
      processes,
      gateway,
      steady,
      contested,
    });
  } finally {
    balancer.close();
    await fleet.close();
    await timeline.close();
  }
}

async function playLater(act: Act, stage: Stage, afterMs: number, signal: AbortSignal): Promise<void> {
  await rest(afterMs, signal);
  if (!signal.aborted) await act.play(stage, signal);
}

async function playActs(
  acts: readonly [Act, ...Act[]],
  stage: Stage,
  [shortest, longest]: readonly [number, number],
  signal: AbortSignal,
): Promise<void> {
  const { dice }: { dice: Dice } = stage;
  while (!signal.aborted) {
    await dice.pick(acts).play(stage, signal);
    await rest(dice.between(shortest, longest), signal);
  }
}
