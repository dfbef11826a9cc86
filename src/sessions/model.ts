import type { AgentId, Guid } from "../gateway/identifiers.ts";
import { type Issuer, issuers, type SessionId, type Subject } from "../tokens/index.ts";
import type { OwnConference } from "./own-conference.ts";

export { type Issuer, issuers, type SessionId, type Subject };

// Each word of the model stands once: types, schemas, what is stored and what is documented are made from these lists.

/** `managed`: this service polls the agent and signs it out. `external`: the app that signed it in does. */
export const keepAlives = ["managed", "external"] as const;

/**
 * `active`: the gateway answers. `unreachable`: the polls fail since `stateSince`; nothing is lost yet.
 * `expired`: the gateway refused the Guid of an external agent; the next `PUT` brings a new one.
 */
export const agentStates = ["active", "unreachable", "expired"] as const;

/** `sign-in`: the agent's password or an earlier sign-in of the subject proved it. `backend`: a trusted backend said so. */
export const bindings = ["sign-in", "backend"] as const;

/** Why a session ends, with what that means to its user. */
export const endReasons = {
  "signed-out": "its user signed out",
  revoked: "a trusted backend revoked it",
  idle: "it was not used for too long",
  "too-old": "it reached its greatest age",
  replaced: "a trusted backend bound its name anew",
  "forced-out": "somebody else signed in as the agent by force",
  "session-expired": "the gateway no longer took its credential",
  "agent-not-signed-in": "the gateway signed the agent out",
} as const;

export type KeepAlive = (typeof keepAlives)[number];
export type AgentState = (typeof agentStates)[number];
type BoundBy = (typeof bindings)[number];
export type EndReason = keyof typeof endReasons;

/** For schemas. */
export const endReasonWords = Object.keys(endReasons) as [EndReason, ...EndReason[]];

/** What names an app session: the issuer and the token's session claim. */
export interface SessionKey {
  readonly issuer: Issuer;
  readonly sessionId: SessionId;
}

export function sameKey(one: SessionKey, other: SessionKey): boolean {
  return one.issuer === other.issuer && one.sessionId === other.sessionId;
}

/** A session key, and which of those that have borne it: what deleting, replacing and using a session names. */
export interface SessionBinding extends SessionKey {
  /** A new one each time that the key is bound. */
  readonly bindingId: string;
}

/** One signed-in device of a user. All times are epoch milliseconds. */
export interface AppSession extends SessionBinding {
  /** The token's `sub`; `null`: any subject of the issuer may use it (bound by a backend without one). */
  readonly subject: Subject | null;
  readonly agentId: AgentId;
  readonly boundBy: BoundBy;
  /** Of the agent session that it was bound to: with another one of the same agent it has nothing to do. */
  readonly recordId: string;
  /** The epoch at which its subject came in: what was received before is none of its business. */
  readonly since: number;
  /**
   * Of the first of an unbroken row of bindings that are the same session to their user. Empty: not known, as of a row that
   * an earlier release began.
   */
  readonly standingId: string;
  readonly createdAt: number;
  /** Written at most once a minute. */
  readonly lastUsedAt: number;
}

/** A session that is about to be bound: in which row it stands, what it is bound over tells. */
export type NewAppSession = Omit<AppSession, "standingId">;

/** Whether a session that bears the same name is still the same one: a backend renews it with each new Guid. */
export function sameBinding(one: AppSession, other: AppSession): boolean {
  return one.standingId === other.standingId && isOfSame(one, other);
}

/** As it is bound over what bore its name; null: over nothing. */
export function boundOver(before: AppSession | null, session: NewAppSession): AppSession {
  const goesOn = before !== null && isOfSame(before, session);
  return { ...session, standingId: goesOn ? before.standingId : session.bindingId };
}

function isOfSame(one: NewAppSession, other: NewAppSession): boolean {
  const isSame = (field: "agentId" | "subject" | "boundBy" | "recordId" | "since") => one[field] === other[field];
  return isSame("agentId") && isSame("subject") && isSame("boundBy") && isSame("recordId") && isSame("since");
}

/**
 * Which of those that have borne the session's name it is, for what is given out for this one alone. A backend binds its
 * own anew with each Guid, and to their users they stay the same.
 */
export function bindingNameOf({ boundBy, bindingId, standingId, recordId }: AppSession): string {
  if (boundBy !== "backend") return bindingId;
  return standingId === "" ? recordId : standingId;
}

/** One agent signed in at the gateway, shared by all its app sessions. */
export interface AgentSession {
  readonly agentId: AgentId;
  /** A new one with each sign-in after which nobody of before is left; kept over one after which somebody is. */
  readonly recordId: string;
  /** Grows with each sign-in, and whenever a subject comes in: everything that is received belongs to one. */
  readonly epoch: number;
  /** A new one with each sign-in: tells an answer to an earlier sign-in's Guid from one to this sign-in's. */
  readonly signInId: string;
  /** When the gateway says that the sign-in was, by its clock; null: it has not said. */
  readonly loginTime: string | null;
  /** Sealed at rest. */
  readonly guid: Guid;
  /** The last that a backend brought, which may have rotated since: it knows no newer one. Sealed at rest. */
  readonly broughtGuid: Guid | null;
  /**
   * Digests of the last Guids that another sign-in, or another that a backend brought, has replaced; and, marked, of those
   * that have rotated here.
   */
  readonly replacedGuids: readonly string[];
  /** Grows by one with each new Guid. */
  readonly guidVersion: number;
  /** The `Cookie` header of the gateway's cookies. Sealed at rest. */
  readonly cookies: string;
  readonly vdnId: string | null;
  /** `null` until the gateway has told. */
  readonly inspector: boolean | null;
  readonly keepAlive: KeepAlive;
  readonly state: AgentState;
  readonly stateSince: number;
  /** `null`: nothing was ever heard of one since the sign-in. */
  readonly ownConference: OwnConference | null;
  /** Changes with every write; what compare-and-set compares. Made by the store. */
  readonly revision: string;
}

export type NewAgentSession = Omit<AgentSession, "revision">;
