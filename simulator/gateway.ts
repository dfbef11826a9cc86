import { type Account, Agent, accountOf } from "./agents/agent.ts";
import { eventText, loginTimeOf, SHUTDOWN } from "./agents/events.ts";
import { Sessions } from "./agents/sessions.ts";
import { Conferences } from "./conferences/conferences.ts";
import { IdLists } from "./conferences/id-lists.ts";
import { Faults } from "./faults/faults.ts";
import { Ledger } from "./requests/ledger.ts";
import { type Settings, standardSettings } from "./settings.ts";

/** The stand-in's whole state, without a socket: who exists, who is signed in, what goes on in the conferences. */
export class Gateway {
  readonly settings: Settings;
  readonly ledger = new Ledger();
  readonly faults = new Faults();
  readonly agents = new Map<string, Agent>();
  readonly sessions: Sessions;
  readonly conferences: Conferences;
  readonly idLists: IdLists;

  constructor(settings: Partial<Settings>) {
    this.settings = { ...standardSettings(), ...settings };
    this.conferences = new Conferences((agentId, eventType, content) => {
      const agent = this.agents.get(agentId);
      if (agent !== undefined) this.sessions.tell(agent, eventType, content);
    });
    this.idLists = new IdLists(this.settings, this.conferences);
    this.sessions = new Sessions(this.settings, this.ledger, (agent) => {
      const { agentId } = agent.account;
      const conference = this.conferences.ofAgent(agentId);
      if (conference !== undefined) this.conferences.leave(conference.id, agentId, "signed-out");
    });
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

  isTalking(agent: Agent): boolean {
    return agent.account.talking || this.conferences.ofAgent(agent.account.agentId) !== undefined;
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
    for (const agent of this.agents.values()) this.sessions.end(agent, "kicked");
  }
}
