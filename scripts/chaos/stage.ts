import type { Dice } from "./dice.ts";
import type { SimulatedGateway } from "./gateway.ts";
import type { Instance } from "./instance.ts";
import type { StoreServer } from "./store-server.ts";
import type { Tally } from "./tally.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import type { Turns } from "./turns.ts";

/** One instance with its own ways to the gateway and to Redis. */
export interface Place {
  readonly instance: Instance;
  readonly toGateway: TcpProxy;
  readonly toRedis: TcpProxy;
}

/** Everything that faults are played on. */
export interface Stage {
  readonly places: readonly Place[];
  readonly gateway: SimulatedGateway;
  readonly redis: StoreServer;
  /** Agents whose sessions live through the whole run. */
  readonly steady: readonly string[];
  /**
   * For what keeps polls from the gateway. An answer with a new Guid that is lost costs nothing as long as another poll
   * gets through while the old Guid is taken: no client can do better, so one outage does not follow on another's heels.
   */
  readonly gatewayTurns: Turns;
  readonly tally: Tally;
  readonly dice: Dice;
}

export interface Act {
  readonly name: string;
  /** Makes something go wrong and right again; sooner when the signal says that the faults are over. */
  play(stage: Stage, signal: AbortSignal): Promise<void>;
}

/** One of the instances that are up, unless it is the last one; `spared` is none to choose. */
export function oneOfSeveral({ places, dice }: Stage, spared?: Instance): Instance | undefined {
  const up = places.map(({ instance }) => instance).filter(({ state }) => state === "up");
  return up.length < 2 ? undefined : dice.pick(up.filter((instance) => instance !== spared));
}
