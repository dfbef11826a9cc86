import type { Guid } from "../../src/gateway/index.ts";
import type { AgentSession } from "../../src/sessions/model.ts";
import type { GatewayModel, GatewaySignIn } from "./gateway-model.ts";
import type { Violate } from "./verdict.ts";

/** The newest Guid wins, and an older one never comes back: looked at with each record that is written. */
export class Guids {
  readonly #gateway: () => GatewayModel;
  readonly #violate: Violate;

  constructor(gateway: () => GatewayModel, violate: Violate) {
    this.#gateway = gateway;
    this.#violate = violate;
  }

  written(agent: AgentSession, before: AgentSession | null): void {
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
    if (
      signIn.serial < former.serial ||
      (signIn === former && placeIn(signIn, agent.guid) < placeIn(signIn, before.guid))
    ) {
      this.#violate("older-guid", `agent ${agent.agentId} went back from ${before.guid} to ${agent.guid}`);
    }
  }
}

const placeIn = (signIn: GatewaySignIn, guid: Guid): number => signIn.guids.indexOf(guid);
