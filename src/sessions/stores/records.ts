import { hash, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { AgentId, ConferenceId, Guid } from "../../gateway/identifiers.ts";
import { issuers } from "../../tokens/index.ts";
import {
  type AgentSession,
  type AppSession,
  agentStates,
  bindings,
  keepAlives,
  type SessionId,
  type SessionKey,
  type Subject,
} from "../model.ts";
import { ownConferenceStates } from "../own-conference.ts";
import { type SealBinding, SealBroken, type Sealer, type Unsealed } from "../sealing.ts";
import type { CorruptReports } from "./corrupt-reports.ts";
import type { Unreadable } from "./port.ts";
import { recordBytes } from "./record-bytes.ts";

/** What an earlier release wrote has no identity: records of an agent that both have none belong together. */
const UNNAMED = "";

// Sealed here, so parsed before it was stored.
const conferenceId = z
  .string()
  .nullable()
  .transform((text) => text as ConferenceId | null);

const ownConferenceShape = z.looseObject({
  state: z.enum(ownConferenceStates),
  id: conferenceId,
  joining: conferenceId,
  left: z.array(z.string().transform((text) => text as ConferenceId)),
  epoch: z.number(),
  since: z.number(),
  unsure: z.boolean(),
  turn: z.number(),
  decision: z.object({ turn: z.number(), granted: z.boolean(), cause: z.number().nullable() }).nullable(),
});

const agentShape = z.looseObject({
  agentId: z.string(),
  signInId: z.string(),
  recordId: z.string().default(UNNAMED),
  epoch: z.number().default(0),
  loginTime: z.string().nullable().default(null),
  guid: z.string(),
  // Of a record that an earlier release wrote: not known.
  broughtGuid: z.string().nullable().default(null),
  replacedGuids: z.array(z.string()).default([]),
  guidVersion: z.number(),
  cookies: z.string(),
  vdnId: z.string().nullable(),
  inspector: z.boolean().nullable(),
  keepAlive: z.enum(keepAlives),
  state: z.enum(agentStates),
  stateSince: z.number(),
  ownConference: ownConferenceShape.nullable().default(null),
});

/** Octets of opened sessions kept: lists and sweeps read all of them again and again, and only `lastUsedAt` has moved. */
const MOST_OPENED_BYTES = 64 * 1024 * 1024;

/**
 * Of how records are written, in each of them; none: 1. A field more is no other version: who does not know it leaves it
 * as it is. What an older release would misread is, and it says `newer` of such a record.
 */
const RECORD_VERSION = 1;

/** `lastUsedAt` stands beside the sealed text, because it moves every minute. */
const sessionShape = z.looseObject({
  issuer: z.enum(issuers),
  // Sealed here, so parsed before it was stored.
  sessionId: z.string().transform((text) => text as SessionId),
  subject: z
    .string()
    .nullable()
    .transform((text) => text as Subject | null),
  agentId: z.string(),
  boundBy: z.enum(bindings),
  // An earlier release named none; whatever is bound from now on does.
  bindingId: z.string().default(""),
  recordId: z.string().default(UNNAMED),
  since: z.number().default(0),
  standingId: z.string().default(""),
  createdAt: z.number(),
});

export interface RecordName {
  readonly kind: "agent" | "session";
  /** An agent's id, or a session's {@link sessionName}. */
  readonly name: string;
}

/**
 * How records look at rest, in every store. The whole record is sealed, not only its secrets: whoever can write to the
 * store can neither bind a session of theirs to another agent, nor make an agent an inspector.
 */
export class Records {
  readonly #sealer: Sealer;
  readonly #reports: CorruptReports;
  /** By name and sealed text: what has opened once opens to the same again. */
  readonly #opened = new LRUCache<string, Omit<AppSession, "lastUsedAt">>({
    maxSize: MOST_OPENED_BYTES,
    sizeCalculation: (session, sealed) => sealed.length + recordBytes(session),
  });

  constructor(sealer: Sealer, reports: CorruptReports) {
    this.#sealer = sealer;
    this.#reports = reports;
  }

  sealAgent({ revision: _, ...agent }: AgentSession): string {
    return this.#sealer.seal(agentBinding(agent.agentId), JSON.stringify({ version: RECORD_VERSION, ...agent }));
  }

  /** What cannot be read is reported. */
  readAgent(agentId: AgentId, sealed: unknown, revision: unknown): AgentSession | Unreadable {
    const agent = this.#open(agentBinding(agentId), sealed, agentShape);
    if (typeof agent === "string") return this.#unreadable("agent", agentId, sealed, agent);
    if (agent.agentId !== agentId || typeof revision !== "string") {
      return this.#unreadable("agent", agentId, sealed, "damaged");
    }
    const [guid, broughtGuid] = [agent.guid as Guid, agent.broughtGuid as Guid | null];
    return Object.freeze({ ...agent, agentId, guid, broughtGuid, revision });
  }

  sealSession({ lastUsedAt: _, ...session }: AppSession): string {
    return this.#sealer.seal(
      sessionBinding(sessionName(session)),
      JSON.stringify({ version: RECORD_VERSION, ...session }),
    );
  }

  /** What cannot be read is reported. */
  readSession(name: string, sealed: unknown, lastUsedAt: unknown): AppSession | Unreadable {
    const usedAt = Number(lastUsedAt ?? Number.NaN);
    const session = this.#openedSession(name, sealed);
    if (typeof session === "string") return this.#unreadable("session", name, sealed, session);
    if (!Number.isSafeInteger(usedAt)) return this.#unreadable("session", name, sealed, "damaged");
    return Object.freeze({ ...session, lastUsedAt: usedAt });
  }

  #openedSession(name: string, sealed: unknown): Omit<AppSession, "lastUsedAt"> | Unreadable {
    const opened = this.#opened.get(`${name} ${sealed}`);
    if (opened !== undefined) return opened;
    const session = this.#open(sessionBinding(name), sealed, sessionShape);
    if (typeof session === "string") return session;
    if (sessionName(session) !== name) return "damaged";
    const trusted = { ...session, agentId: session.agentId as AgentId };
    this.#opened.set(`${name} ${sealed}`, trusted);
    return trusted;
  }

  /** Whether a text is that record's, without a word about it. */
  tried({ kind, name }: RecordName, sealed: unknown): "opens" | Unsealed {
    if (typeof sealed !== "string") return "damaged";
    try {
      this.#sealer.open({ purpose: kind, name }, sealed);
      return "opens";
    } catch (error) {
      return error instanceof SealBroken ? error.why : "damaged";
    }
  }

  /** By the first 8 letters of what is sealed, or more of them. */
  isUnderNewestKey(sealed: string): boolean {
    return this.#sealer.isNewest(sealed);
  }

  /** The same record sealed with the newest key; null where it is already, or does not open. */
  underNewestKey(record: RecordName, sealed: string): string | null {
    if (this.isUnderNewestKey(sealed) || this.tried(record, sealed) !== "opens") return null;
    const binding = { purpose: record.kind, name: record.name };
    return this.#sealer.seal(binding, this.#sealer.open(binding, sealed));
  }

  #open<Shape extends object>(binding: SealBinding, sealed: unknown, shape: z.ZodType<Shape>): Shape | Unreadable {
    if (typeof sealed !== "string") return "damaged";
    try {
      const { version = RECORD_VERSION, ...fields } = JSON.parse(this.#sealer.open(binding, sealed));
      return version > RECORD_VERSION ? "newer" : shape.parse(fields);
    } catch (error) {
      return error instanceof SealBroken ? error.why : "damaged";
    }
  }

  #unreadable(kind: "agent" | "session", name: string, value: unknown, why: Unreadable): Unreadable {
    this.#reports.report({ kind, name, why }, value);
    return why;
  }
}

/**
 * What an app session is called in the store: a digest, since session ids and subjects are the app's own and may hold
 * any text, an e-mail address for instance. 192 bits: nobody finds two that meet.
 */
export function sessionName({ issuer, sessionId }: SessionKey): string {
  return digest([issuer, sessionId]);
}

export function subjectName(subject: Subject): string {
  return digest([subject]);
}

/** Never the same twice, so that a record deleted and made anew is not taken for the one before. */
export function newRevision(): string {
  return randomBytes(9).toString("base64url");
}

function digest(texts: readonly string[]): string {
  // As JSON, since a lone surrogate, which a token may hold, would become U+FFFD like any other.
  return hash("sha256", JSON.stringify(texts), "buffer").subarray(0, 24).toString("base64url");
}

const agentBinding = (agentId: AgentId): SealBinding => ({ purpose: "agent", name: agentId });
const sessionBinding = (name: string): SealBinding => ({ purpose: "session", name });
