import type { AgentId } from "../gateway/index.ts";

/** What of this room is followed from its beginning to its end: it is what calls of the store and the gateway are made for. */
export type Followed = "poll" | "sign-in";

/** Where traces hook in. */
export interface SessionTraces {
  /** Does the work within a span of its own. A poll belongs to no request, whichever has begun to keep the agent alive. */
  around<T>(what: Followed, agentId: AgentId, work: () => Promise<T>): Promise<T>;
  /** Names the span that is under way, in the form of a `traceparent` (W3C Trace Context); undefined: there is none. */
  here(): string | undefined;
  /** Called for a stream while its request is under way; to be told of each event that goes out on it. */
  listener(): (event: TracedEvent) => void;
}

export interface TracedEvent {
  readonly type: string;
  /** What {@link SessionTraces.here} said when it came. */
  readonly trace?: string | undefined;
}

/** Nothing but the work where nobody follows it. */
export function followed<T>(
  traces: SessionTraces | null,
  what: Followed,
  agentId: AgentId,
  work: () => Promise<T>,
): Promise<T> {
  return traces === null ? work() : traces.around(what, agentId, work);
}
