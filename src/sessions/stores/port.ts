import type { AgentId } from "../../gateway/identifiers.ts";
import type { Chance, Clock } from "../clock.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../model.ts";
import type { Sealer, Unsealed } from "../sealing.ts";
import type { AgentEvent, AgentMessage, EventBounds, StoredEvent, Unsubscribe } from "./agent-messages.ts";
import type { StoreNotices } from "./notices.ts";

/**
 * Where sessions live. Every adapter passes the suite in test/sessions/stores/contract.ts.
 *
 * - A store that does not answer throws `Problem("session-store-unavailable")`, quickly: never a queue of commands
 *   that wait for it.
 * - A record is there, absent, or there and unreadable, which is reported through `StoreOptions.onCorrupt`; no other record
 *   suffers. One that is damaged gives way to the next that is written in its place, and until then reads as absent. One that
 *   is sealed with a key that is missing here may be as good as ever: whoever asks for it or would write over it fails with
 *   `session-store-unavailable`. Revoking deletes both kinds, and nobody is signed out because of either.
 * - Creating, updating and deleting are told apart, so that a slow request which finishes after a sign-out cannot bring
 *   anything back.
 */
export interface SessionStore {
  /** With the store's keys: what is sealed here opens on every instance, and after a restart. */
  readonly sealer: Pick<Sealer, "seal" | "open">;

  // App sessions

  /** @param options `fresh`: not from a cache of this instance, which may be milliseconds behind another's write. */
  getSession(key: SessionKey, options?: { readonly fresh?: boolean }): Promise<AppSession | null>;
  /**
   * Writes a new binding over the one that was read, or over none, and over no other; the indexes by agent and subject
   * follow. Compares in the same step that nothing of it was revoked since `revocations` was read.
   */
  bindSession(session: AppSession, conditions: BindConditions): Promise<BindOutcome>;
  /** Moves `lastUsedAt` of the binding that is meant, if it is still there; otherwise false. */
  touchSession(binding: SessionBinding, lastUsedAt: number): Promise<boolean>;
  /** Deletes the binding that is meant, and hands it out. With `ifLastUsedAt`, only if it has not been used since. */
  deleteSession(binding: SessionBinding, ifLastUsedAt?: number): Promise<AppSession | null>;
  /** What {@link bindSession} compares: to be read before anything is asked that a revocation should forestall. */
  revocations(key: SessionKey, subject: Subject | null): Promise<Revocations>;
  /** Deletes whatever bears the key, and lets nobody bind it whose binding has begun. Answers with what was deleted. */
  revokeSession(key: SessionKey): Promise<AppSession | null>;
  /** The same for all sessions of a subject of this issuer. */
  revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]>;
  /** Fails where one is sealed with a key that is missing here. */
  sessionsOfAgent(agentId: AgentId): Promise<AppSession[]>;
  /**
   * Whether the agent has a session left that counts, or one that cannot be read. Before it says no it has looked at every
   * session there is: an index may have lost one.
   */
  hasSessions(agentId: AgentId, which: SessionsThatCount): Promise<boolean>;
  /** Leaves out what cannot be read. */
  listSessions(query: SessionQuery): Promise<SessionPage>;

  // Agent sessions

  /** @param options `fresh`: not from a cache of this instance, which may be milliseconds behind another's write. */
  getAgent(agentId: AgentId, options?: { readonly fresh?: boolean }): Promise<AgentSession | null>;
  /**
   * Read afresh, in few round trips however many they are. Those that are not there are left out, of what does not
   * open it is told why.
   */
  getAgents(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>>;
  /** The record, read afresh, and who holds the lease to poll the agent: in one command, so that both are of one moment. */
  getAgentAndHolder(agentId: AgentId): Promise<AgentAndHolder>;
  /** Fails (null) when the agent has one already. */
  createAgent(agent: NewAgentSession): Promise<AgentSession | null>;
  /** Compare-and-set: writes only over the `revision` that `agent` was read with, else null. */
  updateAgent(agent: AgentSession): Promise<AgentSession | null>;
  /** Deletes only the sign-in that is meant. */
  deleteAgent(agentId: AgentId, signInId: string): Promise<boolean>;
  agentIds(): Promise<AgentId[]>;

  // Leases: who may do something with an agent, until when. Times are durations: no instance trusts another's clock.

  /** Takes what nobody holds, or extends what `owner` holds. False when somebody else holds it. */
  acquireLease(lease: Lease, owner: string, ttlMs: number): Promise<boolean>;
  /**
   * The same for many agents in few round trips, each for an owner of its own; answers in order, with null where the store
   * takes no more. What is held is also extended by a store that is full.
   */
  acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]>;
  /** Lets go of what `owner` holds, and of nothing else. */
  releaseLease(lease: Lease, owner: string): Promise<void>;
  /** Those of the agents whose lease of this kind nobody holds. */
  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]>;
  /** When polls of these agents were last answered, as far as it was told; once nobody polls an agent it may be forgotten. */
  lastPolls(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, number>>;
  /** Says how an instance is, for the next `ttlMs`; answers with all that live, itself included. `ttlMs` 0: it leaves. */
  announceInstance(report: InstanceReport, ttlMs: number): Promise<InstanceReport[]>;
  /** Those that live, by what each said last. */
  instances(): Promise<InstanceReport[]>;

  // What instances tell each other. A message may get lost with a connection; nothing correct depends on one.

  publish(agentId: AgentId, message: AgentMessage): Promise<void>;
  subscribe(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe>;

  // The agent's last events, for a client that comes back. Bounded: the oldest go first.

  /**
   * Appends, and publishes it as a message of type `event`. Answers with its id: ids of an agent grow. After a failure of which
   * nobody knows whether it was carried out the same object is appended again, and counts once.
   */
  appendEvent(agentId: AgentId, event: AgentEvent): Promise<string>;
  /** The events after `afterId`, oldest first; an id that is too old or unknown gives all that are kept. */
  eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]>;
  /** What the agent's next user must not read. */
  forgetEvents(agentId: AgentId): Promise<void>;

  /** Raw commands, for counters that instances share; `key` decides the node. Only Redis has them. */
  sendCommand?(key: string, command: readonly string[]): Promise<unknown>;

  /** Whether that is a clock of its own, which all who use the store share; false: it is this machine's. */
  readonly timeIsShared: boolean;
  /** The store's clock: epoch milliseconds, of one clock for all who use the store. */
  time(): Promise<number>;
  /** Rejects with `session-store-unavailable` when the store does not answer, or may not be read. For `/readyz`. */
  pingRead(): Promise<void>;
  /** Writes what leaves no trace: rejects likewise where the store is full, read-only or may not be written to. */
  pingWrite(): Promise<void>;
  close(): Promise<void>;
}

/** `poll`: polls the agent's events. `sign-in`: signs it in or out; these two never overlap in the fleet. */
export interface Lease {
  readonly kind: "poll" | "sign-in";
  readonly agentId: AgentId;
}

export interface LeaseRequest {
  readonly agentId: AgentId;
  readonly owner: string;
  /** When the gateway last answered a poll of it, in epoch ms: told along with the lease. */
  readonly polledAt?: number | null;
}

export interface AgentAndHolder {
  readonly agent: AgentSession | null;
  readonly holder: string | null;
}

/** What an instance says to the others about itself. */
export interface InstanceReport {
  /** Names it. */
  readonly owner: string;
  /** Whether it can keep agents signed in, and so counts for the shares. */
  readonly able: boolean;
  /** How long ago the gateway last answered a poll of its, in ms; null: never yet. */
  readonly answeredAgoMs: number | null;
}

/** How long whoever has begun to bind is kept from it by a revocation: longer than any sign-in takes. */
export const REVOKED_MS = 180_000;

/** Which revocations there have been when it was read. Opaque. */
export interface Revocations {
  readonly session: string | null;
  readonly subject: string | null;
}

export interface BindConditions {
  /** What is to be replaced, as it was read; null: nothing. A record that cannot be read counts as nothing. */
  readonly over: SessionBinding | null;
  readonly revocations: Revocations;
}

/** `moved`: the key is bound otherwise by now. `revoked`: meanwhile, by its key or its subject. Neither changes anything. */
export type BindOutcome = "bound" | "moved" | "revoked";

export interface SessionsThatCount {
  counts(session: AppSession): boolean;
  /** Whether one that is damaged counts. One whose key is missing does in any case. */
  readonly damaged: boolean;
}

export interface SessionQuery {
  readonly issuer?: Issuer | undefined;
  readonly subject?: Subject | undefined;
  readonly agentId?: AgentId | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface SessionPage {
  readonly sessions: AppSession[];
  /** What to ask for as `after`; null when this is the last page. Opaque. */
  readonly next: string | null;
}

/** What every adapter is made with. */
export interface StoreOptions {
  /** 32-byte keys, the newest first: the first seals, all of them open. */
  readonly keys: readonly Uint8Array[];
  readonly clock: Clock;
  readonly chance: Pick<Chance, "random">;
  /** How many events of an agent are kept for replay. */
  readonly eventsKept: number;
  /** And how many bytes of them; 1 MiB of an agent and 64 MiB in all, unless given. */
  readonly eventBounds?: EventBounds;
  /** How long what cannot be read is kept, from its last use; longer than any session lasts. Without it: for good. */
  readonly unreadableKeptMs?: number;
  readonly onCorrupt: (record: CorruptRecord) => void;
  readonly notices?: StoreNotices;
}

/** Why a record cannot be read here: it does not open, or a newer version of the service has written it. */
export type Unreadable = Unsealed | "newer";

/** What stands in the store under one of our names and cannot be read. */
export interface CorruptRecord {
  /** `table`: a part of an sqlite file. `key`: something in Redis that is of another type than ours. */
  readonly kind: "agent" | "session" | "event" | "table" | "key";
  readonly name: string;
  readonly why: Unreadable;
}
