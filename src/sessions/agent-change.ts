import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { AgentSession, NewAgentSession } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";
import { StoreFault } from "./stores/unavailable.ts";

/** Each attempt in vain means that somebody else has written meanwhile: more than that is no coincidence. */
const MOST_ATTEMPTS = 20;

/** What becomes of an agent's record as it stands, `null` where there is none. Answers with `null` to leave it so. */
export type AgentChange = (current: AgentSession | null) => NewAgentSession | null;

export interface ChangedAgent {
  /** As it stands afterwards. */
  readonly agent: AgentSession | null;
  /** False when the change left it as it was found. */
  readonly written: boolean;
}

/** The record was written by somebody else between each reading and its writing. */
export class RecordContended extends Problem {
  constructor() {
    super("session-store-unavailable", {
      cause: new StoreFault("CHANGED_ANEW", "the agent's record changes all the time"),
    });
  }
}

/**
 * The one way to change an agent's record: read, decide, write by compare-and-set; and where somebody else has written
 * in between, all of it again, since what was decided rested on what was read.
 *
 * @param read what the decision rests on: the stored record, unless more is known here
 * @throws {@link RecordContended}; what the store throws
 */
export async function changeAgent(
  store: SessionStore,
  agentId: AgentId,
  change: AgentChange,
  read: () => Promise<AgentSession | null> = () => store.getAgent(agentId, { fresh: true }),
): Promise<ChangedAgent> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const current = await read();
    const changed = change(current);
    if (changed === null) return { agent: current, written: false };
    const agent = await (current === null
      ? store.createAgent(changed)
      : store.updateAgent({ ...changed, revision: current.revision }));
    if (agent !== null) return { agent, written: true };
  }
  throw new RecordContended();
}
