import type { AgentId } from "../gateway/index.ts";
import type { AgentState, KeepAlive } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";

/** One agent that is signed in, for those who look after the fleet. */
export interface ListedAgent {
  readonly agentId: AgentId;
  readonly keepAlive: KeepAlive;
  readonly state: AgentState;
  /** When the gateway last answered a poll of it, in epoch milliseconds; null: not yet, or it is never polled. */
  readonly lastPollAt: number | null;
  /** The instance that polls it; null: none does. */
  readonly heldBy: string | null;
  /** How many app sessions it has. */
  readonly sessions: number;
}

export interface AgentPage {
  readonly agents: readonly ListedAgent[];
  /** What to ask for as `after`; null when this is the last page. */
  readonly next: AgentId | null;
}

interface Deps {
  readonly store: SessionStore;
  /** Of the agents that this instance polls. */
  readonly lastPollAt: (agentId: AgentId) => number | null;
}

/** @param after the last agent of the page before; undefined: from the first */
export async function listAgents(
  { store, lastPollAt }: Deps,
  after: AgentId | undefined,
  limit: number,
): Promise<AgentPage> {
  const from = after === undefined ? 0 : Number(after);
  const ids = (await store.agentIds()).filter((agentId) => Number(agentId) > from);
  ids.sort((one, other) => Number(one) - Number(other));
  const page = ids.slice(0, limit);
  // Of those that other instances poll: as of the last renewal of their lease.
  const told = await store.lastPolls(page);
  const agents = await Promise.all(
    page.map(async (agentId): Promise<ListedAgent | null> => {
      const [{ agent, holder }, sessions] = await Promise.all([
        store.getAgentAndHolder(agentId),
        store.sessionsOfAgent(agentId),
      ]);
      if (agent === null) return null;
      const { keepAlive, state } = agent;
      return {
        agentId,
        keepAlive,
        state,
        lastPollAt: lastPollAt(agentId) ?? told.get(agentId) ?? null,
        // An owner is named by its instance first.
        heldBy: holder?.split(" ")[0] ?? null,
        sessions: sessions.length,
      };
    }),
  );
  return {
    agents: agents.filter((one) => one !== null),
    next: ids.length > limit ? (page.at(-1) ?? null) : null,
  };
}
