import type { AgentId } from "../../gateway/index.ts";
import type { SessionLog } from "../log.ts";
import type { SessionStore } from "../stores/port.ts";
import type { AgentLine } from "./agent-line.ts";
import type { Pace } from "./pace.ts";

/** How long what was said of a record may take to be heard. */
const HEARD_MS = 1_000;

interface Deps {
  readonly store: SessionStore;
  readonly log: SessionLog;
  readonly line: AgentLine;
  /** A stop cuts its rests short. */
  readonly pace: Pace;
  readonly isStopping: () => boolean;
}

/** Who ends an agent deletes its record and then says so: where nobody does, the store has lost it. */
export async function tellIfLost(agentId: AgentId, { store, log, line, pace, isStopping }: Deps): Promise<void> {
  if (!line.heardOfChange) await pace.rest(HEARD_MS);
  if (line.heardOfChange || isStopping()) return;
  // One that cannot be read is there, and has been told.
  const there = await store.getAgents([agentId]).catch(() => null);
  if (there?.has(agentId) === false) log.recordLost(agentId);
}
