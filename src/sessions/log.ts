import type { AgentId } from "../gateway/index.ts";
import type { Problem } from "../problems.ts";
import type { AgentState, AppSession, EndReason } from "./model.ts";
import type { CorruptRecord } from "./stores/port.ts";

/** Who did something, for the audit lines: as the web's room has it, which this one does not know. */
export interface Actor {
  readonly requestId: string;
  /** This service's own id of the request, where `requestId` is one that the client brought. */
  readonly ownRequestId?: string;
  readonly subject: string | null;
}

/** Why an instance cannot keep agents signed in: no record opens, the gateway does not answer. */
export type Inability = "records" | "gateway";

/** The lines of this room. Those with an `actor`, and those about an end, are the audit trail. */
export interface SessionLog {
  /** A mistake of ours, where no answer could tell of it. */
  unexpected(requestId: string | undefined, error: unknown): void;
  signedIn(agentId: AgentId, actor: Actor, how: "signed-in" | "forced" | "joined"): void;
  /** Also where nobody could be asked, which is told apart. */
  signInRefused(agentId: AgentId, actor: Actor, problem: Problem): void;
  /** A minute long: an answer that still comes is signed out. */
  signInNotAnswered(agentId: AgentId): void;
  /** @param actor left out when time, or the gateway, did it */
  signedOut(agentId: AgentId, forced: boolean, reason: EndReason, actor?: Actor): void;
  signOutFailed(agentId: AgentId, error: unknown): void;
  /** Without a session; said once a minute as long as it goes on. */
  agentTalksOn(agentId: AgentId): void;
  sessionBound(session: AppSession, actor: Actor): void;
  sessionRevoked(session: AppSession, actor: Actor): void;
  /**
   * With the session's own subject, beside that of whoever ended it.
   * @param actor left out when time, or the gateway, did it
   */
  sessionEnded(session: AppSession, reason: EndReason, actor?: Actor): void;
  /** Of an external agent, whose sessions wait for the next Guid. */
  sessionExpired(session: AppSession): void;

  guidNotStored(agentId: AgentId): void;
  guidKeptInMemory(agentId: AgentId): void;

  /** The agent's record is no more in the store, and nobody has said that it ended: the store was emptied, or has lost it. */
  recordLost(agentId: AgentId): void;

  pollingStarted(agentId: AgentId): void;
  pollingStopped(agentId: AgentId): void;
  pollFailed(agentId: AgentId, error: unknown): void;
  agentState(agentId: AgentId, state: AgentState): void;
  /** By how much a clock differs from the time that sessions go by, in ms; null: it agrees. To be told as often as it is seen. */
  clockSeen(whose: ClockOf, offByMs: number | null): void;
  /** A round that looks for agents to poll. One that met a fault of the store is told as long as that stands. */
  keeperFailed(error: unknown): void;
  /** This instance cannot keep agents signed in. To be told as often as it is found. */
  keeperUnable(why: Inability): void;
  /** To be told as often as it is found, too. */
  keeperAble(why: Inability): void;
  keeperWorked(): void;
  /** The store takes no writes. To be told as often as it is found. */
  writesFailed(error: unknown): void;
  /** To be told as often as it is found, too. */
  writesWorked(): void;
}

/** Whose clock it is. */
export type ClockOf = "machine" | "store";

/** The lines of the stores. */
export interface StoreLog {
  corruptRecord(record: CorruptRecord): void;
}
