import type { Agent } from "../agents/agent.ts";
import { scaled } from "../settings.ts";
import { type Conference, type Invited, participantOf } from "./conference.ts";
import type { Conferences } from "./conferences.ts";
import type { News } from "./news.ts";
import type { Surroundings } from "./surroundings.ts";

export type Invitation = Pick<Invited, "kind" | "address"> & Partial<Pick<Invited, "deviceCallType" | "deviceType">>;

/**
 * Who is called into a conference (pages 1284, 1285, 1292). An agent rings if it is idle and of the same VDN, and has
 * to answer or decline by its client; a phone does either by itself. What comes of nothing is told to the members, or
 * not at all: no page says which.
 */
export class Invitations {
  readonly #around: Surroundings;
  readonly #conferences: Conferences;
  readonly #news: News;
  readonly #timers = new Map<Invited, () => void>();

  constructor(around: Surroundings, conferences: Conferences, news: News) {
    this.#around = around;
    this.#conferences = conferences;
    this.#news = news;
  }

  /** The conference that rings at an agent; answered or not. */
  of(agentId: string): { readonly conference: Conference; readonly invited: Invited } | null {
    for (const conference of this.#conferences.list()) {
      const invited = conference.invited.find((one) => one.kind === "agent" && one.address === agentId);
      if (invited !== undefined) return { conference, invited };
    }
    return null;
  }

  invite(conference: Conference, invitation: Invitation): void {
    const { deviceCallType = 0, deviceType = 0, ...who } = invitation;
    const invited: Invited = { ...who, answered: false, deviceCallType, deviceType };
    const agent = who.kind === "agent" ? this.#around.agentOf(who.address) : null;
    const known = [...conference.participants, ...conference.invited].some(({ address }) => address === who.address);
    const full = conference.participants.length + conference.invited.length >= conference.seats;
    const rings = who.kind === "phone" || (agent?.account.vdnId === conference.vdnId && this.#around.isIdle(agent));
    if (known || full || !rings) {
      this.#later(invited, "changeMs", () => this.#failed(conference, invited));
      return;
    }
    conference.invited.push(invited);
    this.#conferences.version += 1;
    this.#news.own(invited, "AgentConf_Ringing", conference);
    this.#letRing(conference, invited, agent);
  }

  /** Returns whether there was an invitation to answer. */
  answer(agentId: string): boolean {
    const { conference, invited } = this.of(agentId) ?? {};
    if (conference === undefined || invited === undefined || invited.answered) return false;
    invited.answered = true;
    this.#later(invited, "answerMs", () => this.#letIn(conference, invited));
    return true;
  }

  /** The same for declining. */
  decline(agentId: string): boolean {
    const { conference, invited } = this.of(agentId) ?? {};
    if (conference === undefined || invited === undefined || invited.answered) return false;
    this.#end(conference, invited);
    return true;
  }

  /** The agent is gone. */
  withdraw(agentId: string): void {
    const { conference, invited } = this.of(agentId) ?? {};
    if (conference !== undefined && invited !== undefined) this.#end(conference, invited);
  }

  /** The conference is over: who rang in it has been told. */
  forget(invited: readonly Invited[]): void {
    for (const one of invited) this.#settle(one);
  }

  #letRing(conference: Conference, invited: Invited, agent: Agent | null): void {
    const phone = this.#around.phones.at(invited.address);
    const does = agent === null ? phone.does : agent.account.ringing;
    const until = does === "waits" || does === "rings" ? "ringingMs" : "phoneAnswerMs";
    const act = () => (does === "answers" ? this.#letIn(conference, invited) : this.#end(conference, invited));
    this.#later(invited, until, act, agent === null && does !== "rings" ? phone.afterMs : null);
  }

  #letIn(conference: Conference, invited: Invited): void {
    this.#remove(conference, invited);
    this.#news.takesPhone(invited);
    this.#conferences.add(conference, participantOf(invited));
  }

  #end(conference: Conference, invited: Invited): void {
    this.#remove(conference, invited);
    this.#news.ringsNoMore(invited);
    this.#failed(conference, invited);
  }

  #failed(conference: Conference, invited: Invited): void {
    if (this.#around.settings.failedInvitations === "told") this.#news.notJoined(conference, invited);
  }

  #remove(conference: Conference, invited: Invited): void {
    this.#settle(invited);
    conference.invited = conference.invited.filter((one) => one !== invited);
    this.#conferences.version += 1;
  }

  #later(
    invited: Invited,
    name: "changeMs" | "answerMs" | "phoneAnswerMs" | "ringingMs",
    act: () => void,
    insteadMs: number | null = null,
  ): void {
    this.#settle(invited);
    const { settings, agenda } = this.#around;
    const ms = insteadMs === null ? scaled(settings, name) : insteadMs / settings.timeScale;
    this.#timers.set(invited, agenda.after(ms, act));
  }

  #settle(invited: Invited): void {
    this.#timers.get(invited)?.();
    this.#timers.delete(invited);
  }
}
