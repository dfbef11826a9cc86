import type { Account } from "../agents/agent.ts";
import type {
  Conference,
  ConferenceId,
  ConferenceSpec,
  LeaveReason,
  ParticipantSpec,
} from "../conferences/conference.ts";
import type { Conferences } from "../conferences/conferences.ts";
import type { Invitation } from "../conferences/invitations.ts";
import type { FaultSpec } from "../faults/fault.ts";
import type { Phone } from "../phones.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import type { Counters, ViolationReport } from "../requests/ledger.ts";
import type { Settings } from "../settings.ts";

export interface AgentView extends Account {
  readonly signedIn: boolean;
  /** What agentstatus says: 2 signed out, 3 busy, 4 idle, 5 after-call work, 7 talking, 8 rest. */
  readonly state: number;
  /** The Guid and the `Cookie` header with which this agent's calls are accepted now; `null` when it is out. */
  readonly guid: string | null;
  readonly cookie: string | null;
  /** When it signed in, epoch ms as a text, as events about the sign-in name it; `null` when it is out. */
  readonly loginTime: string | null;
  readonly heldPolls: number;
  readonly queuedEvents: number;
}

export interface ConferenceView extends Omit<Conference, "id" | "openedAt"> {
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

interface PhoneView extends Phone {
  readonly number: string;
}

/** What may be done to agents from behind. Throws `RangeError` for who is not there, `TypeError` for what cannot be. */
export interface AgentControl {
  /** Signed-in agents only when asked; at most `limit` (100). */
  agents(filter?: { readonly signedIn?: boolean; readonly limit?: number }): AgentView[];
  agent(agentId: string): AgentView;
  putAgent(agentId: string, account?: Partial<Account>): AgentView;
  /** As if the agent had signed in by another client, busy unless `status` says otherwise (4 idle). */
  signIn(agentId: string, status?: number): AgentView;
  /** A new Guid now: held polls are answered at once with it, other agents get it on their next poll. All without id. */
  rotate(agentId?: string): void;
  /** The platform signs the agent out, with the event that says so. */
  kick(agentId: string): void;
  /** The agent stays signed in, but its Guid is accepted no longer: 000-003 from now on. */
  invalidate(agentId: string): void;
  /** `stamped`: the content, an object, also has the `loginTime` of the sign-in that the event belongs to. */
  sendEvent(agentId: string, eventType: string, content?: unknown, stamped?: boolean): void;
  /** Somebody calls a signed-in agent. Returns the call's id. */
  ring(agentId: string, number: string): string;
  /** The agent puts the phone down: it is out of its conference, or of its calls. */
  hangUp(agentId: string): void;
}

export interface ConferenceControl {
  conferences(vdnId?: number): ConferenceView[];
  conference(id: ConferenceId): ConferenceView;
  startConference(spec?: ConferenceSpec): ConferenceView;
  changeConference(id: ConferenceId, change: Parameters<Conferences["change"]>[1]): ConferenceView;
  endConference(id: ConferenceId): void;
  /** Removes all conferences without telling anybody. */
  clearConferences(): void;
  join(id: ConferenceId, participant: ParticipantSpec): ConferenceView;
  leave(id: ConferenceId, address: string, reason?: LeaveReason): void;
  changeParticipant(
    id: ConferenceId,
    address: string,
    change: Parameters<Conferences["changeParticipant"]>[2],
  ): ConferenceView;
  /** Calls somebody into it, as its chair would. */
  invite(id: ConferenceId, who: Partial<Invitation> & Pick<Invitation, "address">): ConferenceView;
  /** Those that do not do the usual. */
  phones(): PhoneView[];
  putPhone(number: string, change: Partial<Phone>): PhoneView;
}

/** What a test or a person may do to the gateway from behind. */
export interface Control extends AgentControl, ConferenceControl {
  state(): State;
  violations(): ViolationReport;
  /** Sets all counters and violations to zero. */
  clearCounters(): void;
  settings(): Readonly<Settings>;
  configure(changes: Readonly<Record<string, unknown>> | Partial<Settings>): Readonly<Settings>;
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
