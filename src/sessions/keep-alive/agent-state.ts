import type { AgentId } from "../../gateway/index.ts";
import type { Credentials } from "../credentials.ts";
import type { SessionLog } from "../log.ts";
import type { AgentSession } from "../model.ts";
import type { SessionStore } from "../stores/port.ts";

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly log: SessionLog;
}

/** What the polls of a sign-in tell of it, written and told where it is news. A store that is away hears it at the next poll. */
export async function tellState(
  { store, credentials, log }: Deps,
  { agentId, signInId }: { readonly agentId: AgentId; readonly signInId: string },
  state: Extract<AgentSession["state"], "active" | "unreachable">,
  stateSince: number,
): Promise<void> {
  try {
    const { written } = await credentials.change(agentId, (current) =>
      current?.signInId === signInId && current.state !== state ? { ...current, state, stateSince } : null,
    );
    if (!written) return;
    log.agentState(agentId, state);
    await store.publish(agentId, { type: "agent-changed" });
  } catch {
    // The next poll says it again.
  }
}
