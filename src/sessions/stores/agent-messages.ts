import type { EndReason, SessionBinding } from "../model.ts";

/** What instances tell each other of an agent. One may get lost with a connection; nothing correct depends on it. */
export type AgentMessage =
  /** The agent's record was written or deleted: read it again. */
  | { readonly type: "agent-changed" }
  /** Names the binding that ended: what bears its key by now may be another. */
  | { readonly type: "session-ended"; readonly key: SessionBinding; readonly reason: EndReason }
  | { readonly type: "event"; readonly event: StoredEvent }
  /** A request's Guid was refused and there is no newer one: the holder shall find out at once. */
  | { readonly type: "verdict-wanted"; readonly guidVersion: number }
  /** A sign-out of this sign-in is asked for from now on, for so many ms at most, or is over (0): whoever polls it begins no poll meanwhile. */
  | { readonly type: "signing-out"; readonly signInId: string; readonly lastsMs: number }
  /** The answer of whoever polls: it begins no poll of this sign-in from now on, for as long as it was told. */
  | { readonly type: "polls-kept-up"; readonly signInId: string }
  /** Never published: from the store itself, when it hears again after it may have missed messages. */
  | { readonly type: "messages-lost" };

/** Names the binding alone: a message holds no more of a session. */
export function sessionEnded({ issuer, sessionId, bindingId }: SessionBinding, reason: EndReason): AgentMessage {
  return { type: "session-ended", key: { issuer, sessionId, bindingId }, reason };
}

/** A gateway event as it was received: never holds a secret. */
export interface AgentEvent {
  /** The agent session whose poll brought it, and the epoch that this was of when it was received. */
  readonly recordId: string;
  readonly epoch: number;
  readonly type: string;
  /** ISO 8601, when this service received it. */
  readonly at: string;
  readonly content: unknown;
  /** The `traceparent` of the poll's span, where traces are on. */
  readonly trace?: string | undefined;
}

export interface StoredEvent extends AgentEvent {
  readonly id: string;
}

/** How much is kept for clients that come back. The oldest goes first. */
export interface EventBounds {
  readonly bytesOfAgent: number;
  /** Of this process. */
  readonly bytesInAll: number;
  /** A larger event is delivered and not kept. */
  readonly bytesOfEvent: number;
}

export type Unsubscribe = () => void;
