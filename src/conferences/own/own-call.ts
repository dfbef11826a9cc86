import type {
  Address,
  Caller,
  CallOptions,
  ConferenceDetails,
  ConferenceId,
  Participant,
} from "../../gateway/index.ts";
import { Problem } from "../../problems.ts";
import type { BoundSession, Sessions } from "../../sessions/index.ts";
import { Watch } from "./watch.ts";

/** How long an answer waits for the event that tells that a change has taken effect; there may be none (page 1294). */
const EFFECT_MS = 2_000;
/** What is left for one look at the conference when its news came late. */
const LOOK_MS = 500;

/** Far longer than the platform takes from joining an applicant to granting its conference. */
const OVERDUE_MS = 15_000;

/** As the sessions keep it, with the turn that tells what is newer. */
export type KnownConference = Awaited<ReturnType<Sessions["ownConference"]>>;

export type JoinedConference = ConferenceDetails & {
  readonly own: { readonly role: Participant["role"]; readonly state: "joined" };
};

/** One call for a session's agent: what is known, what the gateway says, and how long all of it may take. */
export class OwnCall {
  readonly bound: BoundSession;
  /** A reading of the clock's `monotonic()`. */
  readonly deadline: number;
  readonly sessions: Sessions;

  constructor(sessions: Sessions, bound: BoundSession, timeoutMs: number) {
    this.sessions = sessions;
    this.bound = bound;
    this.deadline = sessions.clock.monotonic() + timeoutMs;
  }

  /** Nobody here polls an external agent: what becomes of its calls its own app hears. */
  get hearsOutcome(): boolean {
    return this.bound.agent.keepAlive === "managed";
  }

  /** Until when an answer waits to see that a change has taken effect. */
  get effectBy(): number {
    const now = this.sessions.clock.monotonic();
    return this.hearsOutcome ? Math.min(this.deadline, now + EFFECT_MS) : now;
  }

  known(): Promise<KnownConference> {
    return this.sessions.ownConference(this.bound);
  }

  /** Once, whatever becomes of it. */
  change<T>(call: (caller: Caller, options: CallOptions) => Promise<T>): Promise<T> {
    return this.sessions.gatewayFor(this.bound).change(this.deadline, call);
  }

  /**
   * Which conference the gateway is to be asked about. An applicant who has joined one, and of whom nothing was told for
   * long, is in it or is not: the event that said so went with a process that was killed.
   */
  whereabouts({ state, id, joining, since }: KnownConference): ConferenceId | null {
    if (state === "joined") return id;
    const isOverdue = this.sessions.clock.wall() - since > OVERDUE_MS;
    return state === "requested" && isOverdue ? joining : null;
  }

  /** `null` where the agent is not in it. */
  async joined(id: ConferenceId, options: CallOptions): Promise<JoinedConference | null> {
    const { agentId } = this.bound.agent;
    const found = await this.sessions.gatewayFor(this.bound).conferenceDetails([id], options);
    const conference = found.find((one) => one.id === id);
    const self = conference?.participants.find((one) => isSame(one, { kind: "agent", address: agentId }));
    if (conference === undefined || self === undefined) return null;
    return { ...conference, own: { role: self.role, state: "joined" } };
  }

  /** The conference that it is in now; `null` where the gateway says that it is not, `undefined` where nobody knows in which. */
  async present(): Promise<JoinedConference | null | undefined> {
    const id = this.whereabouts(await this.known());
    if (id === null) return undefined;
    const deadline = Math.max(this.deadline, this.sessions.clock.monotonic() + LOOK_MS);
    return this.joined(id, { deadline });
  }

  /**
   * What has become of the call, by a reading of the clock's `monotonic()`: `null` where there is nothing to see of it by then.
   *
   * @throws `session-not-found` when the session ends meanwhile: what the gateway does next is the next sign-in's to hear
   */
  async became<Seen>(watch: Watch, by: number, look: () => Promise<Seen | null> | Seen | null): Promise<Seen | null> {
    const ended = Symbol("ended");
    const seen = await watch.until(by, async () => {
      const standing = await this.sessions.standing(this.bound.session);
      return typeof standing === "string" ? ended : look();
    });
    if (seen === ended) throw new Problem("session-not-found").told("unknown");
    return seen;
  }

  async watching<T>(work: (watch: Watch) => Promise<T>): Promise<T> {
    const watch = await Watch.open(this.sessions, this.bound);
    try {
      return await work(watch);
    } finally {
      watch.close();
    }
  }
}

export const isSame = (one: Pick<Participant, "kind" | "address">, other: Address): boolean =>
  one.kind === other.kind && one.address === other.address;
