import type { Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { AgentSession } from "./model.ts";
import { afterEvent, noConference, type OwnConference, ownConferenceEvent } from "./own-conference.ts";
import type { AgentEvent } from "./stores/agent-messages.ts";

/** For how long an application that nobody answered for counts as made: far longer than the platform takes to decide. */
const UNSURE_MS = 60_000;

interface Deps {
  readonly credentials: Credentials;
  readonly clock: Clock;
}

/** The conference of each agent as it is kept in its record: what a restart, a take-over and every other device go by. */
export class KeptConferences {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** As it stands in the store; that of another sign-in of the agent is none of this one. */
  async of({ agentId, signInId }: AgentSession): Promise<OwnConference> {
    const agent = await this.#deps.credentials.newest(agentId, { fresh: true });
    return this.#present(agent?.signInId === signInId ? agent.ownConference : null);
  }

  /**
   * Changes it by compare-and-set, as long as the sign-in lasts. Answers with it as it stands afterwards.
   *
   * @param change answers with what it was given to leave it so
   */
  async change(
    { agentId, signInId }: AgentSession,
    change: (own: OwnConference, epoch: number) => OwnConference,
  ): Promise<OwnConference> {
    const { agent } = await this.#deps.credentials.change(agentId, (current) => {
      if (current?.signInId !== signInId) return null;
      const own = this.#present(current.ownConference);
      const changed = change(own, current.epoch);
      return changed === own ? null : { ...current, ownConference: changed };
    });
    return this.#present(agent?.signInId === signInId ? agent.ownConference : null);
  }

  /** What an event says of it, written before anybody hears of the event: whoever is told finds it so. */
  async follow(agent: AgentSession, { epoch, type, content }: AgentEvent): Promise<void> {
    const event = ownConferenceEvent({ type, content });
    if (event === null) return;
    const receipt = { agentId: agent.agentId, epoch, at: this.#deps.clock.wall() };
    await this.change(agent, (own) => afterEvent(own, event, receipt));
  }

  #present(stored: OwnConference | null): OwnConference {
    const own = stored ?? noConference;
    const isForgotten =
      own.state === "requested" &&
      own.unsure &&
      own.joining === null &&
      this.#deps.clock.wall() - own.since > UNSURE_MS;
    return isForgotten ? { ...own, state: "over", joining: null, unsure: false } : own;
  }
}
