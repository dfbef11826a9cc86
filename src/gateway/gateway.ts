import type { AgentId, ConferenceId, Guid } from "./identifiers.ts";

/** An agent who has not been polled for so long is signed out by the gateway itself (1202). */
export const FORGETS_AGENT_MS = 120_000;

/**
 * What the rest of the service may ask of the agent gateway. Every method throws a {@link Problem}: a `Refusal` when
 * the gateway answered with a retcode other than success, a `Fault` when there was no usable answer.
 */
export interface Gateway {
  /** `PUT /onlineagent/{agentid}` or `…/forcelogin` (1202, 1203). Never repeated by itself. */
  signIn(agentId: AgentId, request: SignInRequest, options: SignInOptions): Promise<SignedIn>;

  /** `DELETE /onlineagent/{agentid}/logout`, or `…/forcelogout`, which also ends the agent's call (1219, 1220). */
  signOut(caller: Caller, options: CallOptions & { readonly force: boolean }): Promise<void>;

  /** One long poll, `GET /agentevent/{agentid}` (1274): held up to 10 s, `null` when there was no event. */
  pollEvent(caller: Caller, options: PollOptions): Promise<GatewayEvent | null>;

  /** `GET /agentconf/{agentid}/queryvdnconfid` (1301): the ongoing conferences of the agent's VDN, in its order. */
  conferenceIds(caller: Caller, options: CallOptions): Promise<ConferenceId[]>;

  /** `POST /agentconf/{agentid}/queryconfinfos` (1300), 20 ids a call. Ended ones are missing from the answer. */
  conferenceDetails(
    caller: Caller,
    ids: readonly ConferenceId[],
    options: DetailsOptions,
  ): Promise<ConferenceDetails[]>;

  /** `GET /agentgroup/{agentid}/iscensor/`: `null` where the site does not have the interface. */
  isInspector(caller: Caller, options: CallOptions): Promise<boolean | null>;

  /** `GET /onlineagent/{agentid}/agentstatus` (1222): `null` where the site does not have the interface. */
  agentStatus(caller: Caller, options: CallOptions): Promise<AgentStatus | null>;

  /** An operation of the agent's own out of the configuration's table. Answers with its result as JSON text. */
  agentOperation(caller: Caller, call: AgentCall, options: CallOptions): Promise<string>;

  close(): Promise<void>;
}

/** A call of an interface that this room has no method for. The agent's id stands behind the family, and comes from the caller. */
export interface AgentCall {
  /** The first word of the path, `voicecall`. */
  readonly family: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** The words behind the agent's id, as they are: encoded here. None is empty or dots. */
  readonly path: readonly string[];
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Changes nothing, and may be asked twice. */
  readonly read: boolean;
}

/** The agent on whose behalf a call goes out, with the credential that it carries. */
export interface Caller {
  readonly agentId: AgentId;
  readonly guid: Guid;
  /** The `Cookie` header to replay, `name=value; name=value`; empty when the gateway set none. */
  readonly cookies: string;
  /**
   * Told when an answer (a failing one too) brought another Guid or other cookies than the call carried, and awaited
   * before the call returns: a rotated Guid is stored before anybody uses it. Must not throw.
   */
  renewed(renewal: Renewal): Promise<void>;
}

export interface Renewal {
  /** The new Guid, or the one that the call carried when only cookies changed. */
  readonly guid: Guid;
  /** The whole cookie header after this answer. */
  readonly cookies: string;
}

export interface CallOptions {
  /** When the whole operation, retries included, has to be over: a reading of the clock's `monotonic()`, in ms. */
  readonly deadline: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface DetailsOptions extends CallOptions {
  /**
   * What has been answered already: `null` for an ended one. Filled while it is asked, so that who has to ask again, with a
   * newer Guid, asks for the rest alone.
   */
  readonly answered?: Map<ConferenceId, ConferenceDetails | null>;
}

export interface PollOptions {
  /** How long to wait for the answer, in ms; above the gateway's 10 s hold. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * When the connection stands, right before the poll goes out. A process that stood still meanwhile may have lost its
   * right to poll: aborted here, the poll never reaches the gateway.
   */
  readonly onReady?: () => void;
}

export interface SignInOptions extends CallOptions {
  readonly force: boolean;
  /**
   * Until when its answer is waited for, past the deadline: who was signed in has to be known. A reading of
   * the clock's `monotonic()`, in ms. Past the deadline it no longer counts among the calls at once.
   */
  readonly until?: number;
  /** The Guid of the answer, also of one that then is no use: who has it can sign out. */
  renewed?(renewal: Renewal): void;
}

export interface SignInRequest {
  /** Up to 32 characters, may be empty. A secret. */
  readonly password: string;
  /** 1 to 24 digits. */
  readonly phoneNumber: string;
  /** In which state the agent is then; left out: as the site's sign-in fields say, busy where they are the shipped ones. */
  readonly agentState?: SignInState | undefined;
}

export const signInStates = ["busy", "idle", "after-call"] as const;
export type SignInState = (typeof signInStates)[number];

export interface SignedIn extends Renewal {
  /** The VDN's number as text; `null` when the gateway left it out. */
  readonly vdnId: string | null;
  /** When the sign-in was, by the gateway's clock, as digits: what its events name it by. `null`: it did not say. */
  readonly loginTime: string | null;
  /** Days until the password expires; `null` when it never does or the gateway did not say. */
  readonly passwordDaysLeft: number | null;
  /** The gateway takes no call but a password change. */
  readonly mustChangePassword: boolean;
}

/** An agent's states by the gateway's numbers (0581); 6 is a second number for idle that is not in use. */
export const agentStatuses = {
  1: "signed-in",
  2: "signed-out",
  3: "busy",
  4: "idle",
  5: "after-call",
  6: "idle",
  7: "talking",
  8: "rest",
  9: "pre-rest",
} as const;

/** What the gateway says of an agent that it answers for; `unknown` also for a state that we do not know. */
export interface AgentStatus {
  readonly state: "unknown" | (typeof agentStatuses)[keyof typeof agentStatuses];
}

/** One event of the agent (pages 1401 and on). `content` is the gateway's own object, its long ids as text. */
export interface GatewayEvent {
  readonly type: string;
  readonly content: unknown;
}

export interface ConferenceDetails {
  readonly id: ConferenceId;
  readonly state: "normal" | "announcement";
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly bookedMinutes: number;
  readonly elapsedMinutes: number;
  readonly participants: readonly Participant[];
}

export interface Participant {
  readonly kind: "agent" | "phone" | "unknown";
  readonly address: string;
  readonly role: "chair" | "participant";
  readonly audio: "listen" | "speak" | "both" | "none";
  readonly state: "connected" | "held" | "announcement";
  /** ISO 8601 in UTC. */
  readonly joinedAt: string;
}
