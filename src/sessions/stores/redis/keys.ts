import { randomBytes } from "node:crypto";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Lease } from "../port.ts";
import { subjectName } from "../records.ts";

/**
 * The names of everything in Redis. What belongs to one agent shares a hash tag, so that a Cluster keeps it in one slot
 * and one script can touch it (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
 */
export const keys = {
  session: (name: string) => `cbff:session:${name}`,
  sessionsOfAgent: (agentId: AgentId) => `cbff:sessions:agent:{${agentId}}`,
  sessionsOfSubject: (subject: string) => `cbff:sessions:subject:${subjectName(subject)}`,
  allSessions: "cbff:sessions",

  agent: (agentId: AgentId) => `cbff:agent:{${agentId}}`,
  allAgents: "cbff:agents",
  events: (agentId: AgentId) => `cbff:events:{${agentId}}`,
  lease: ({ kind, agentId }: Lease) => `cbff:lease:${kind}:{${agentId}}`,

  instances: "cbff:instances",
  /** A channel, not a key. */
  messages: (agentId: AgentId) => `cbff:messages:{${agentId}}`,
} as const;

const CHANNEL = /^cbff:messages:\{(.+)\}$/;

export function agentOfChannel(channel: string): AgentId | null {
  return (CHANNEL.exec(channel)?.[1] as AgentId | undefined) ?? null;
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
export function newGeneration(now: number): string {
  return `${now.toString(36)}-${randomBytes(6).toString("base64url")}`;
}

/** Whether the writer that made the entry must be done by now. An hour, since the clocks of instances may differ. */
export function isOfThePast({ generation }: IndexEntry, now: number): boolean {
  const madeAt = Number.parseInt(generation, 36);
  return !(Math.abs(now - madeAt) < HARMLESS_MS);
}
