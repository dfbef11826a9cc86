import { INTERFACES, type InterfaceName } from "./interfaces.ts";

/** What a client can do wrong, and what each means. All of them are counted, none changes an answer by itself. */
export const VIOLATIONS = {
  overlappingPoll: "a poll began while another one of the same agent was open on an open socket",
  hastyPoll: "a poll began sooner than hastyPollMs after the previous answer",
  hastyPollAfterFault: "a poll began sooner than hastyPollMs after one that got no answer because of a fault",
  staleGuid: "a Guid that was replaced and is no longer accepted",
  unknownGuid: "a Guid that this agent never had",
  missingGuid: "a call after sign-in without the Guid header",
  missingContentType: "a call without Content-Type, which is mandatory on every interface, GET included",
  wrongContentType: "a Content-Type other than application/json in UTF-8",
  missingCookie: "a call without the cookies that the settings require",
  overlappingSignIn: "a sign-in or sign-out began before the agent's previous one had answered",
  callAfterSignOut: "a call, other than a sign-out, with the Guid of a session that the agent itself had signed out",
  tooManyIds: "queryconfinfos with more than 20 ids",
  textIds: "queryconfinfos with ids as text instead of numbers",
  unknownPath: "a path that the gateway does not have",
  wrongMethod: "a known path with another method",
  invalidBody: "a body that is not JSON",
  oddField:
    "a field that no page has, or a number as a text or the other way round, in a conference's or a call's body",
  controlBeforeSuccess: "a control call after an application and before its AgentConf_RequestSuccess",
  repeatedCall: "a control call or operation sent again within 2 s of one that was the same and got no answer",
} as const;

export type Violation = keyof typeof VIOLATIONS;

interface ViolationEntry {
  readonly violation: Violation;
  readonly agentId: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly detail: string;
}

export interface ViolationReport {
  readonly total: number;
  readonly counts: Readonly<Record<Violation, number>>;
  /** The last 100, oldest first. */
  readonly recent: readonly ViolationEntry[];
}

export interface Counters {
  signIns: number;
  forcedSignIns: number;
  signOuts: number;
  timedOut: number;
  rotations: number;
  /** Calls accepted with a replaced Guid while it overlapped. */
  overlapGuids: number;
  /** Polls whose client closed the socket before the answer. */
  abortedPolls: number;
  eventsDelivered: number;
  faultsPlayed: number;
}

const KEPT = 100;

export class Ledger {
  readonly calls = Object.fromEntries(INTERFACES.map((name) => [name, 0])) as Record<InterfaceName, number>;
  readonly counters: Counters = {
    signIns: 0,
    forcedSignIns: 0,
    signOuts: 0,
    timedOut: 0,
    rotations: 0,
    overlapGuids: 0,
    abortedPolls: 0,
    eventsDelivered: 0,
    faultsPlayed: 0,
  };
  #counts = noViolations();
  #recent: ViolationEntry[] = [];

  /** Returns what takes the entry back, for a call that turns out to be innocent. */
  record(violation: Violation, agentId: string | null, detail: string): () => void {
    const entry = { violation, agentId, at: new Date().toISOString(), detail };
    const counts = this.#counts;
    counts[violation] += 1;
    this.#recent.push(entry);
    if (this.#recent.length > KEPT) this.#recent.shift();
    let standing = true;
    return () => {
      if (!standing) return;
      standing = false;
      counts[violation] -= 1;
      this.#recent = this.#recent.filter((other) => other !== entry);
    };
  }

  report(): ViolationReport {
    const counts = { ...this.#counts };
    return { total: Object.values(counts).reduce((sum, n) => sum + n, 0), counts, recent: [...this.#recent] };
  }

  clear(): void {
    this.#counts = noViolations();
    this.#recent = [];
    for (const name of INTERFACES) this.calls[name] = 0;
    for (const name of Object.keys(this.counters) as (keyof Counters)[]) this.counters[name] = 0;
  }
}

function noViolations(): Record<Violation, number> {
  return Object.fromEntries(Object.keys(VIOLATIONS).map((name) => [name, 0])) as Record<Violation, number>;
}
