import type { Answer } from "../requests/answers.ts";
import type { Route } from "../requests/interfaces.ts";

/** What the platform has configured for an agent, and what it is doing now. */
export interface Account {
  readonly agentId: string;
  password: string;
  /** 1 to 5000: the agent's virtual call centre. */
  vdnId: number;
  inspector: boolean;
  locked: boolean;
  /** A forced sign-in does not push this agent out: 100-015. */
  unforceable: boolean;
  passwordExpired: boolean;
  mustChangePassword: boolean;
  /** Days until the password expires; `null`: never. */
  passwordDaysLeft: number | null;
  /** In a call: `logout` answers 100-010. An agent in a conference is talking too. */
  talking: boolean;
  /** What agentstatus says instead of the truth (page 0581: 2 signed out, 3 busy, 4 idle, …); `null`: the truth. */
  agentState: number | null;
  /** What becomes of this agent's applications for a conference; `unanswered`: no event ever tells. */
  applications: "granted" | "refused" | "unanswered";
  /** The cause in AgentConf_RequestFailed. */
  applicationCause: number;
  /** What this agent does when it rings: waits for its client, or answers or declines by itself as a phone does. */
  ringing: "waits" | "answers" | "declines";
}

/** What is remembered of a call whose answer is still out. */
interface OpenCall {
  readonly route: Route;
  /** Its client has left. */
  readonly gone: boolean;
}

/** An event poll that waits for an event. */
export interface HeldPoll {
  readonly timer: NodeJS.Timeout;
  /** `null` when its client has left. */
  answer(answer: Answer | null): void;
}

/** An agent signed in at the gateway. Times are readings of `performance.now()`. */
export interface Session {
  readonly agentId: string;
  guid: string;
  guidSince: number;
  /** Replaced Guids that are still accepted. */
  overlap: { readonly guid: string; readonly until: number }[];
  /** The next answered poll brings a new Guid, whatever the old one's age. */
  rotationDue: boolean;
  /** `name=value` of each cookie set at sign-in. */
  cookies: string[];
  readonly loginTime: number;
  /** Gateway state (page 0581): 3 busy, 4 idle, 5 after-call work, 8 rest. Whether the agent talks is not in it. */
  state: number;
  /** What the agent goes over to when it has stopped talking: asked for meanwhile. */
  stateAfterwards: (() => void) | null;
  /** Idle after a call; else after-call work. */
  autoEnterIdle: boolean;
  /** An inspector who wants to hear of sign-ins and sign-outs. */
  readonly listens: boolean;
  /** Signed in with a callback: events are pushed, a poll is the wrong method. */
  readonly push: boolean;
  /** JSON texts, oldest first. */
  events: string[];
  held: HeldPoll[];
  /** Fires when the agent has not been polled for too long. */
  readonly timeout: NodeJS.Timeout;
}

export type Ending = "signed-out" | "replaced" | "kicked" | "timed-out";

/** Why a Guid is no longer an agent's current one. */
interface FormerGuid {
  readonly guid: string;
  readonly why: Ending | "rotated" | "updated" | "invalidated";
  readonly at: number;
}

const FORMER_KEPT = 8;

export class Agent {
  readonly account: Account;
  session: Session | null = null;
  /** Newest last. */
  former: FormerGuid[] = [];
  /** A last event for the next poll with that Guid, after the session has ended. */
  farewell: { readonly guid: string; readonly event: string } | null = null;
  /** Polls whose answer is still out, held or not. */
  openPolls: OpenCall[] = [];
  lastPoll: { readonly endedAt: number; readonly answered: boolean } | null = null;
  /** Sign-ins and sign-outs whose answer is still out, oldest first. */
  openSigns: OpenCall[] = [];
  wrongPasswords = 0;
  /** The last call that was to be sent once and got no answer. */
  unanswered: { readonly what: string; readonly at: number } | null = null;

  constructor(account: Account) {
    this.account = account;
  }

  forget(guid: string, why: FormerGuid["why"]): void {
    this.former.push({ guid, why, at: performance.now() });
    if (this.former.length > FORMER_KEPT) this.former.shift();
  }
}

export function accountOf(agentId: string, given: Partial<Account> = {}): Account {
  return {
    password: `secret-${agentId}`,
    vdnId: 1,
    inspector: false,
    locked: false,
    unforceable: false,
    passwordExpired: false,
    mustChangePassword: false,
    passwordDaysLeft: 9,
    talking: false,
    agentState: null,
    applications: "granted",
    applicationCause: 21_234,
    ringing: "waits",
    ...given,
    agentId,
  };
}
