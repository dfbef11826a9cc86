import { Agenda } from "./agenda.ts";
import { type Account, Agent, accountOf } from "./agents/agent.ts";
import { eventText, loginTimeOf, SHUTDOWN } from "./agents/events.ts";
import { Sessions } from "./agents/sessions.ts";
import { AgentStates, STATES } from "./agents/states.ts";
import { VoiceCalls } from "./calls/voice-calls.ts";
import { Announcements } from "./conferences/announcements.ts";
import { Applications } from "./conferences/applications.ts";
import { ConferenceClocks } from "./conferences/clocks.ts";
import { Conferences } from "./conferences/conferences.ts";
import { IdLists } from "./conferences/id-lists.ts";
import { Invitations } from "./conferences/invitations.ts";
import { News } from "./conferences/news.ts";
import type { Surroundings } from "./conferences/surroundings.ts";
import { Faults } from "./faults/faults.ts";
import { Inspections } from "./operations/inspections.ts";
import { Phones } from "./phones.ts";
import { Ledger } from "./requests/ledger.ts";
import { type Settings, standardSettings } from "./settings.ts";

/** The stand-in's whole state, without a socket: who exists, who is signed in, what goes on in the conferences. */
export class Gateway implements Surroundings {
  readonly settings: Settings;
  readonly ledger = new Ledger();
  readonly faults = new Faults();
  readonly agenda = new Agenda();
  readonly phones = new Phones();
  readonly agents = new Map<string, Agent>();
  readonly sessions: Sessions;
  readonly states: AgentStates;
  readonly calls: VoiceCalls;
  readonly inspections: Inspections;
  readonly conferences: Conferences;
  readonly idLists: IdLists;
  readonly clocks: ConferenceClocks;
  readonly applications: Applications;
  readonly invitations: Invitations;
  readonly announcements: Announcements;

  constructor(settings: Partial<Settings>) {
    this.settings = { ...standardSettings(), ...settings };
    this.sessions = new Sessions(this.settings, this.ledger, {
      started: (agent) => this.#tellInspectors(agent, "QC_AgentState_Login"),
      ended: (agent) => this.#isOut(agent),
    });
    const tell = this.sessions.tell.bind(this.sessions);
    this.states = new AgentStates(tell);
    this.calls = new VoiceCalls(this, this.states);
    this.inspections = new Inspections(tell, this.states);
    const known = (act: (agent: Agent) => void) => (agentId: string) => {
      const agent = this.agents.get(agentId);
      if (agent !== undefined) act(agent);
    };
    const news = new News({
      tell: this.tell.bind(this),
      takesPhone: known((agent) => this.states.takesPhone(agent)),
      isFree: known((agent) => this.states.isFree(agent)),
    });
    this.conferences = new Conferences(news, () => this.settings.chairGone);
    this.idLists = new IdLists(this.settings, this.conferences);
    this.clocks = new ConferenceClocks(this.settings, this.agenda, this.conferences, news);
    this.applications = new Applications(this, this.conferences, this.clocks, news, this.calls);
    this.invitations = new Invitations(this, this.conferences, news);
    this.announcements = new Announcements(this, this.conferences, news);
    this.conferences.onEnd = ({ id, invited }) => {
      this.clocks.forget(id);
      this.invitations.forget(invited);
    };
  }

  /** Adds an agent, or changes the one that is there without touching its session. */
  putAgent(agentId: string, given: Partial<Account>): Agent {
    const known = this.agents.get(agentId);
    if (known !== undefined) {
      Object.assign(known.account, given, { agentId });
      return known;
    }
    const agent = new Agent(accountOf(agentId, given));
    this.agents.set(agentId, agent);
    return agent;
  }

  agentOf(agentId: string): Agent | null {
    return this.agents.get(agentId) ?? null;
  }

  tell(agentId: string, eventType: string, content?: string): void {
    const agent = this.agents.get(agentId);
    if (agent !== undefined) this.sessions.tell(agent, eventType, content);
  }

  /** In a call, in a conference or inspecting. A phone that only rings is none of these. */
  isTalking({ account }: Agent): boolean {
    const { agentId, talking } = account;
    return (
      talking ||
      this.conferences.ofAgent(agentId) !== undefined ||
      this.calls.of(agentId).some(({ state }) => state !== "ringing") ||
      this.inspections.of(agentId) !== undefined
    );
  }

  isIdle(agent: Agent): boolean {
    const { agentId } = agent.account;
    const { session } = agent;
    if (session === null || session.state !== STATES.idle || this.isTalking(agent)) return false;
    const rings = this.invitations.of(agentId) !== null || this.calls.of(agentId).length > 0;
    return !rings && !this.applications.isPending(agentId);
  }

  /** The platform signs an agent out: a held poll, or the next one, brings AgentOther_ShutdownService (page 1402). */
  kick(agent: Agent): void {
    const session = agent.session;
    if (session === null) return;
    const content = loginTimeOf(session);
    if (session.held.length > 0) {
      this.sessions.tell(agent, SHUTDOWN, content);
    } else {
      const event = eventText(this.settings, session.agentId, SHUTDOWN, content);
      agent.farewell = { guid: session.guid, event };
    }
    const { farewell } = agent;
    this.sessions.end(agent, "kicked");
    agent.farewell = farewell;
  }

  /** Ends every session without a word: timers stop, held polls are dropped. */
  close(): void {
    this.faults.clear();
    this.agenda.clear();
    for (const agent of this.agents.values()) this.sessions.end(agent, "kicked");
    this.agenda.clear();
  }

  /** Whoever is signed out is in no call and no conference any more. */
  #isOut(agent: Agent): void {
    const { agentId } = agent.account;
    this.applications.withdraw(agentId);
    this.invitations.withdraw(agentId);
    this.calls.forget(agentId);
    this.inspections.forget(agent);
    const conference = this.conferences.ofAgent(agentId);
    if (conference !== undefined) this.conferences.leave(conference.id, agentId, "signed-out");
    this.#tellInspectors(agent, "QC_AgentState_Logout");
  }

  /** Inspectors of the VDN who have asked for it hear of sign-ins and sign-outs (page 0541). */
  #tellInspectors({ account }: Agent, subtype: string): void {
    const { agentId, vdnId } = account;
    for (const listener of this.sessions.listening) {
      if (listener.account.vdnId !== vdnId || listener.account.agentId === agentId) continue;
      const content = JSON.stringify({ subtype, monitoredagent: agentId });
      this.sessions.tell(listener, "QC_AgentState_Notify", content);
    }
  }
}
