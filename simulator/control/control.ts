import type { Account, Agent } from "../agents/agent.ts";
import { announceSignIn } from "../agents/signing.ts";
import type {
  Conference,
  ConferenceSpec,
  Conferences,
  LeaveReason,
  ParticipantSpec,
} from "../conferences/conferences.ts";
import { stringifyExactly } from "../exact-json.ts";
import type { FaultSpec } from "../faults/fault.ts";
import type { Gateway } from "../gateway.ts";
import type { Listener } from "../listener.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import type { Counters, ViolationReport } from "../requests/ledger.ts";
import { readSettings, type Settings } from "../settings.ts";

export interface AgentView extends Account {
  readonly signedIn: boolean;
  /** The Guid and the `Cookie` header with which this agent's calls are accepted now; `null` when it is out. */
  readonly guid: string | null;
  readonly cookie: string | null;
  /** When it signed in, epoch ms as a text, as events about the sign-in name it; `null` when it is out. */
  readonly loginTime: string | null;
  readonly heldPolls: number;
  readonly queuedEvents: number;
}

export interface ConferenceView extends Omit<Conference, "id"> {
  readonly id: string;
}

export interface FaultView {
  readonly id: string;
  readonly spec: FaultSpec;
  readonly played: number;
}

export interface State {
  readonly agents: { readonly known: number; readonly signedIn: number };
  /** Polls held now, on sockets that are open. */
  readonly heldPolls: number;
  readonly conferences: number;
  readonly calls: Readonly<Record<InterfaceName, number>>;
  readonly counters: Readonly<Counters>;
  readonly faults: readonly FaultView[];
}

type Id = bigint | number | string;

/** What a test or a person may do to the gateway from behind. Throws `RangeError` for what is not there. */
export interface Control {
  state(): State;
  violations(): ViolationReport;
  /** Sets all counters and violations to zero. */
  clearCounters(): void;
  settings(): Readonly<Settings>;
  configure(changes: Readonly<Record<string, unknown>> | Partial<Settings>): Readonly<Settings>;
  /** Signed-in agents only when asked; at most `limit` (100). */
  agents(filter?: { readonly signedIn?: boolean; readonly limit?: number }): AgentView[];
  agent(agentId: string): AgentView;
  putAgent(agentId: string, account?: Partial<Account>): AgentView;
  /** As if the agent had signed in by another client. */
  signIn(agentId: string): AgentView;
  /** A new Guid now: held polls are answered at once with it, other agents get it on their next poll. All without id. */
  rotate(agentId?: string): void;
  /** The platform signs the agent out, with the event that says so. */
  kick(agentId: string): void;
  /** The agent stays signed in, but its Guid is accepted no longer: 000-003 from now on. */
  invalidate(agentId: string): void;
  sendEvent(agentId: string, eventType: string, content?: unknown): void;
  conferences(vdnId?: number): ConferenceView[];
  conference(id: Id): ConferenceView;
  startConference(spec?: ConferenceSpec): ConferenceView;
  changeConference(id: Id, change: { readonly state?: number; readonly bookedMinutes?: number }): ConferenceView;
  endConference(id: Id): void;
  /** Removes all conferences without telling anybody. */
  clearConferences(): void;
  join(id: Id, participant: ParticipantSpec): ConferenceView;
  leave(id: Id, address: string, reason?: LeaveReason): ConferenceView;
  changeParticipant(id: Id, address: string, change: Parameters<Conferences["changeParticipant"]>[2]): ConferenceView;
  /** Returns what clears it. */
  addFault(spec: FaultSpec): FaultView & { clear(): void };
  faults(): FaultView[];
  clearFaults(id?: string): number;
  /** Cuts every connection and refuses new ones, for good or for so many ms; who is signed in stays so. */
  down(forMs?: number): Promise<void>;
  /** Resets every connection of one client's address, and its new ones, for good or for so many ms. */
  cutOff(address: string, forMs?: number): void;
  /** Ends {@link cutOff} for everybody. */
  letIn(): void;
  up(): Promise<void>;
  /** Back to how the simulator started: its settings, accounts and conferences; nobody signed in, nothing counted. */
  reset(): void;
}

export function createControl(gateway: Gateway, listener: Listener, fill: () => void): Control {
  const { settings, ledger, sessions, conferences, faults } = gateway;
  const startSettings = { ...settings };
  const known = (agentId: string): Agent => {
    const agent = gateway.agents.get(agentId);
    if (agent === undefined) throw new RangeError(`no agent ${agentId}`);
    return agent;
  };
  const conference = (id: Id): ConferenceView => {
    const one = conferences.get(id);
    if (one === undefined) throw new RangeError(`no conference ${id}`);
    return { ...structuredClone(one), id: String(one.id) };
  };
  const rotate = (agent: Agent) => {
    const session = agent.session;
    if (session === null) return;
    session.rotationDue = true;
    if (session.held.length > 0) session.held.shift()?.answer(sessions.nextPollAnswer(agent, session));
  };
  return {
    state: () => ({
      agents: { known: gateway.agents.size, signedIn: count(gateway, (agent) => (agent.session === null ? 0 : 1)) },
      heldPolls: count(gateway, (agent) => agent.session?.held.length ?? 0),
      conferences: conferences.list().length,
      calls: { ...ledger.calls },
      counters: { ...ledger.counters },
      faults: faults.list().map(({ id, spec, played }) => ({ id, spec, played })),
    }),
    violations: () => ledger.report(),
    clearCounters: () => ledger.clear(),
    settings: () => ({ ...settings }),
    configure(changes) {
      Object.assign(settings, readSettings(changes as Readonly<Record<string, unknown>>));
      conferences.version += 1;
      return { ...settings };
    },
    agents({ signedIn = false, limit = 100 } = {}) {
      const views: AgentView[] = [];
      for (const agent of gateway.agents.values()) {
        if (views.length >= limit) break;
        if (!signedIn || agent.session !== null) views.push(view(agent));
      }
      return views;
    },
    agent: (agentId) => view(known(agentId)),
    putAgent: (agentId, account = {}) => view(gateway.putAgent(agentId, account)),
    signIn(agentId) {
      const agent = known(agentId);
      sessions.end(agent, "replaced");
      announceSignIn(gateway, agent, sessions.start(agent, { state: 3, push: false }));
      return view(agent);
    },
    rotate(agentId) {
      for (const agent of agentId === undefined ? gateway.agents.values() : [known(agentId)]) rotate(agent);
    },
    kick: (agentId) => gateway.kick(known(agentId)),
    invalidate(agentId) {
      const agent = known(agentId);
      if (agent.session !== null) sessions.replaceGuid(agent, agent.session, "invalidated", 0);
    },
    sendEvent: (agentId, eventType, content = null) =>
      sessions.tell(known(agentId), eventType, stringifyExactly(content)),
    conferences: (vdnId) => conferences.list(vdnId).map(({ id }) => conference(id)),
    conference,
    startConference: (spec = {}) => conference(conferences.start(spec).id),
    changeConference(id, change) {
      conferences.change(id, change);
      return conference(id);
    },
    endConference: (id) => conferences.end(id),
    clearConferences: () => conferences.clear(),
    join(id, participant) {
      conferences.join(id, participant);
      return conference(id);
    },
    leave(id, address, reason) {
      conferences.leave(id, address, reason);
      return conference(id);
    },
    changeParticipant(id, address, change) {
      conferences.changeParticipant(id, address, change);
      return conference(id);
    },
    addFault(spec) {
      const fault = faults.add(spec);
      const { id } = fault;
      return {
        id,
        spec,
        get played() {
          return fault.played;
        },
        clear: () => void faults.clear(id),
      };
    },
    faults: () => faults.list().map(({ id, spec, played }) => ({ id, spec, played })),
    clearFaults: (id) => faults.clear(id),
    down: (forMs) => listener.down(forMs),
    cutOff: (address, forMs) => listener.cutOff(address, forMs),
    letIn: () => listener.letIn(),
    up: () => listener.up(),
    reset() {
      gateway.close();
      gateway.agents.clear();
      conferences.clear();
      Object.assign(settings, startSettings);
      fill();
      ledger.clear();
    },
  };
}

function view(agent: Agent): AgentView {
  const { session } = agent;
  return {
    ...agent.account,
    signedIn: session !== null,
    guid: session?.guid ?? null,
    cookie: session?.cookies.join("; ") ?? null,
    loginTime: session === null ? null : String(session.loginTime),
    heldPolls: session?.held.length ?? 0,
    queuedEvents: session?.events.length ?? 0,
  };
}

function count(gateway: Gateway, of: (agent: Agent) => number): number {
  let sum = 0;
  for (const agent of gateway.agents.values()) sum += of(agent);
  return sum;
}
