import { randomBytes } from "node:crypto";
import type { AgentId } from "../../../gateway/identifiers.ts";
import { type Issuer, issuers, type Subject } from "../../../tokens/index.ts";
import type { Lease } from "../port.ts";
import { type RecordName, subjectName } from "../records.ts";

/**
 * The names of everything in Redis, under the prefix of one installation. What belongs to one agent shares a hash tag, so
 * that a Cluster keeps it in one slot and one script can touch it
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
 */
export class Keys {
  readonly prefix: string;
  readonly allSessions: string;
  readonly allAgents: string;
  readonly instances: string;
  readonly polls: string;
  /** Sealed, and opens only with the keys of this installation. */
  readonly canary: string;
  /** Written and deleted again, to see that Redis takes writes. */
  readonly probe: string;
  readonly probeChannel: string;
  /** Listened to by everybody, and used by nobody: whether we may listen. */
  readonly silentChannel: string;
  readonly #channels: string;

  /**
   * @param prefix without a colon, so that no prefix begins with another
   * @param database channels have it in their names, since Redis hands on what is published in any database
   */
  constructor(prefix: string, database: number) {
    this.prefix = prefix;
    this.allSessions = `${prefix}:sessions`;
    this.allAgents = `${prefix}:agents`;
    this.instances = `${prefix}:fleet`;
    this.polls = `${prefix}:polls`;
    this.canary = `${prefix}:canary`;
    this.probe = `${prefix}:probe`;
    this.#channels = `${prefix}:${database}:messages:`;
    this.probeChannel = `${this.#channels}probe`;
    this.silentChannel = `${this.#channels}silent`;
  }

  session(name: string): string {
    return `${this.prefix}:session:${name}`;
  }
  sessionsOfAgent(agentId: AgentId): string {
    return `${this.prefix}:sessions:agent:{${agentId}}`;
  }
  sessionsOfSubject(subject: Subject): string {
    return `${this.prefix}:sessions:subject:${subjectName(subject)}`;
  }
  /** In the slot of the session itself: a script can compare it and write the session. */
  sessionRevoked(name: string): string {
    return `${this.prefix}:revoked:{${this.session(name)}}`;
  }
  /** In the slot of the subject's index. */
  subjectRevoked(issuer: Issuer, subject: Subject): string {
    return `${this.prefix}:revoked:${issuer}:{${this.sessionsOfSubject(subject)}}`;
  }

  agent(agentId: AgentId): string {
    return `${this.prefix}:agent:{${agentId}}`;
  }
  events(agentId: AgentId): string {
    return `${this.prefix}:events:{${agentId}}`;
  }
  lease({ kind, agentId }: Lease): string {
    return `${this.prefix}:lease:${kind}:{${agentId}}`;
  }

  /** Which record a key holds; null where it is none. */
  recordOf(key: string): RecordName | null {
    const parts = /^:(?:session:([\w-]+)|agent:\{([^{}]+)\})$/.exec(
      key.startsWith(this.prefix) ? key.slice(this.prefix.length) : "",
    );
    if (parts === null) return null;
    const [, session, agent = ""] = parts;
    return session === undefined ? { kind: "agent", name: agent } : { kind: "session", name: session };
  }

  /** A channel, not a key. */
  messages(agentId: AgentId): string {
    return `${this.#channels}{${agentId}}`;
  }
  agentOfChannel(channel: string): AgentId | null {
    const named = channel.startsWith(`${this.#channels}{`) && channel.endsWith("}");
    return named ? (channel.slice(this.#channels.length + 1, -1) as AgentId) : null;
  }
}

/**
 * An entry of an index: a record's name and its generation, which is made with each creation of the record and stored
 * in it. An index lies in another slot than the record, so the two are not written at once: the entry comes first and
 * goes last. Since no two creations share an entry, the late removal for a deleted record cannot take the entry of its
 * successor. An entry whose generation is not the record's is of no record; readers pass over it, and drop it when it
 * is older than any write can take.
 */
export interface IndexEntry {
  readonly name: string;
  readonly generation: string;
}

const HARMLESS_MS = 3_600_000;

export const entryText = ({ name, generation }: IndexEntry): string => `${name}.${generation}`;

export function parseEntry(text: string): IndexEntry {
  const dot = text.includes(".") ? text.indexOf(".") : text.length;
  return { name: text.slice(0, dot), generation: text.slice(dot + 1) };
}

/** @param now epoch milliseconds */
export function newGeneration(now: number, issuer?: Issuer): string {
  const random = randomBytes(6).toString("base64url");
  return issuer === undefined ? `${now.toString(36)}-${random}` : `${now.toString(36)}-${issuer}-${random}`;
}

/** Whose session it is or will be; `null` where the entry does not tell, as one of an earlier release. */
export function issuerOf({ generation }: IndexEntry): Issuer | null {
  const [, word] = generation.split("-", 2);
  return issuers.find((issuer) => issuer === word) ?? null;
}

/** Whether the writer that made the entry must be done by now. An hour, since the clocks of instances may differ. */
export function isOfThePast({ generation }: IndexEntry, now: number): boolean {
  const madeAt = Number.parseInt(generation, 36);
  return !(Math.abs(now - madeAt) < HARMLESS_MS);
}
