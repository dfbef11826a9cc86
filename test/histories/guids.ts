import type { Guid } from "../../src/gateway/index.ts";
import type { AgentSession } from "../../src/sessions/model.ts";
import type { GatewayModel, GatewaySignIn } from "./gateway-model.ts";
import type { Violate } from "./verdict.ts";
import type { Weather } from "./weather.ts";

/** For so long after it a Guid that the disk did not take may be used from memory. */
const TAKES_NONE_MS = 30_000;

/** The newest Guid wins, and an older one never comes back: looked at with each record that is written. */
export class Guids {
  readonly #gateway: () => GatewayModel;
  readonly #weather: Weather;
  readonly #violate: Violate;
  /** All that were ever written. */
  readonly #stored = new Set<Guid>();
  /** Of each sign-in the newest Guid that was used while the disk took what it was given, by its place. */
  readonly #used = new WeakMap<GatewaySignIn, number>();

  constructor(gateway: () => GatewayModel, weather: Weather, violate: Violate) {
    this.#gateway = gateway;
    this.#weather = weather;
    this.#violate = violate;
  }

  written(agent: AgentSession, before: AgentSession | null): void {
    const isNew = !this.#stored.has(agent.guid);
    this.#stored.add(agent.guid);
    const signIn = this.#gateway().ofGuid.get(agent.guid);
    if (signIn === undefined)
      this.#violate("unknown-guid", `agent ${agent.agentId} has a Guid that the gateway never gave`);
    const former = before === null ? undefined : this.#gateway().ofGuid.get(before.guid);
    if (before === null || signIn === undefined || former === undefined) return;
    if (agent.guidVersion < before.guidVersion) {
      this.#violate(
        "version-fell",
        `the Guid of agent ${agent.agentId} went from version ${before.guidVersion} to ${agent.guidVersion}`,
      );
    }
    // The fleet never had it, as when who got it was killed with it: only the gateway can tell that it is old, and has taken it.
    if (isNew && agent.broughtGuid === agent.guid) return;
    if (
      signIn.serial < former.serial ||
      (signIn === former && placeIn(signIn, agent.guid) < placeIn(signIn, before.guid))
    ) {
      this.#violate("older-guid", `agent ${agent.agentId} went back from ${before.guid} to ${agent.guid}`);
    }
  }

  used(signIn: GatewaySignIn, guid: Guid): void {
    if (Math.min(this.#weather.since("disk full"), this.#weather.since("disk failing")) < TAKES_NONE_MS) return;
    this.#used.set(signIn, Math.max(this.#usedOf(signIn), placeIn(signIn, guid)));
  }

  #usedOf(signIn: GatewaySignIn): number {
    return this.#used.get(signIn) ?? 0;
  }

  /** A disk has lost what was not on it yet: no Guid is among it that was used while the disk took what it was given. */
  wentBack(agents: Iterable<AgentSession>): void {
    for (const { agentId, guid } of agents) {
      const signIn = this.#gateway().ofGuid.get(guid);
      if (signIn === undefined || placeIn(signIn, guid) >= this.#usedOf(signIn)) continue;
      this.#violate(
        "used-before-stored",
        `agent ${agentId} has ${guid} on the disk, and ${signIn.guids[this.#usedOf(signIn)]} was used already`,
      );
    }
  }
}

const placeIn = (signIn: GatewaySignIn, guid: Guid): number => signIn.guids.indexOf(guid);
