import type { Agent } from "../agents/agent.ts";
import { scaled } from "../settings.ts";
import type { ConferenceClocks } from "./clocks.ts";
import { type ConferenceSpec, participantOf } from "./conference.ts";
import type { Conferences } from "./conferences.ts";
import type { News } from "./news.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Application extends Required<Pick<ConferenceSpec, "bookedMinutes" | "seats">> {
  readonly promptMinutes: number;
}

/** A call that an agent has turned into a conference by applying: the other party becomes a member. */
interface StableCalls {
  /** The agent talks, and nobody is held. `null`: there is no such call. */
  stable(agentId: string): { readonly number: string } | null;
  intoConference(agentId: string): void;
}

/**
 * Applications for a conference (page 1283): taken at once, and decided a moment later. To the applicant come
 * AgentState_Busy, PhoneAlerting, PhoneOffhook, SelfJoinResult and then RequestSuccess or RequestFailed. One who is
 * neither idle nor in a stable call is refused, by the event as well.
 */
export class Applications {
  readonly #around: Surroundings;
  readonly #conferences: Conferences;
  readonly #clocks: ConferenceClocks;
  readonly #news: News;
  readonly #calls: StableCalls;
  readonly #pending = new Map<string, () => void>();

  constructor(
    around: Surroundings,
    conferences: Conferences,
    clocks: ConferenceClocks,
    news: News,
    calls: StableCalls,
  ) {
    this.#around = around;
    this.#conferences = conferences;
    this.#clocks = clocks;
    this.#news = news;
    this.#calls = calls;
  }

  isPending(agentId: string): boolean {
    return this.#pending.has(agentId);
  }

  apply(agent: Agent, application: Application): void {
    const { agentId } = agent.account;
    const { settings, agenda } = this.#around;
    const inCall = agent.account.talking || this.#calls.stable(agentId) !== null;
    const suits = this.#around.isIdle(agent) || inCall;
    const { applications } = agent.account;
    const decide = () => {
      this.#pending.delete(agentId);
      if (agent.session === null || applications === "unanswered") return;
      if (suits && applications === "granted") this.#grant(agent, application, inCall);
      else this.#refuse(agent, suits && settings.refusedApplications === "after-join");
    };
    this.#pending.set(agentId, agenda.after(scaled(settings, "applicationMs"), decide));
  }

  withdraw(agentId: string): void {
    this.#pending.get(agentId)?.();
    this.#pending.delete(agentId);
  }

  #grant({ account }: Agent, application: Application, inCall: boolean): void {
    const { agentId, vdnId } = account;
    const applicant = participantOf({ address: agentId, chair: true });
    if (!inCall) this.#news.takesPhone(applicant);
    const conference = this.#conferences.open({ ...application, vdnId });
    this.#conferences.add(conference, applicant);
    this.#news.own(applicant, "AgentConf_RequestSuccess", conference);
    this.#clocks.start(conference, application.promptMinutes);
    const call = this.#calls.stable(agentId);
    if (call === null) return;
    this.#calls.intoConference(agentId);
    this.#conferences.add(conference, participantOf({ kind: "phone", address: call.number }));
  }

  /** `joins`: the agent is in for a moment, and out again. */
  #refuse({ account }: Agent, joins: boolean): void {
    const { agentId, vdnId, applicationCause } = account;
    const applicant = participantOf({ address: agentId, chair: true });
    const conference = joins ? this.#conferences.open({ vdnId }) : null;
    if (conference !== null) {
      this.#news.takesPhone(applicant);
      this.#conferences.add(conference, applicant);
    }
    this.#around.tell(agentId, "AgentConf_RequestFailed", JSON.stringify({ cause: applicationCause }));
    if (conference !== null) this.#conferences.end(conference.id);
  }
}
