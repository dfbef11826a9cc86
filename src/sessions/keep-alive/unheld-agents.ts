import type { AgentId } from "../../gateway/index.ts";
import type { Chance } from "../clock.ts";
import type { AgentSession } from "../model.ts";
import type { SessionStore, Unreadable } from "../stores/port.ts";
import type { ExternalAgents } from "./external-agents.ts";

/** Read at once: opening them holds everything else up. */
const MOST_AT_ONCE = 500;
/** An agent that nobody held for so many rounds is nobody's share. */
const ROUNDS = 2;
/** Read to see whether records can be read at all, when nobody is unheld. */
const SAMPLE = 8;

interface Deps {
  readonly store: SessionStore;
  readonly chance: Chance;
  readonly external: ExternalAgents;
}

interface Found {
  /** Managed agents that nobody polls, in an order of chance, so that instances do not race for the same ones. */
  readonly unheld: readonly AgentId[];
  /** How many managed agents there are, whoever holds them. */
  readonly managed: number;
  /** Records were there, and every one of them was sealed with a key that is missing here. */
  readonly keyMissing: boolean;
}

/** What this instance finds in each round: the agents that nobody polls, and for how many rounds nobody did. */
export class UnheldAgents {
  readonly #deps: Deps;
  #rounds = new Map<AgentId, number>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @param isPolledHere those need not be asked for */
  async find(isPolledHere: (agentId: AgentId) => boolean): Promise<Found> {
    const { store, chance, external } = this.#deps;
    const all = await store.agentIds();
    external.keepOnly(all);
    await external.readAgain();
    const others = all.filter((agentId) => !isPolledHere(agentId) && !external.has(agentId));
    const unheld = shuffled(await store.unheld("poll", others), chance.random);
    this.#rounds = new Map(unheld.map((agentId) => [agentId, (this.#rounds.get(agentId) ?? 0) + 1]));

    const managed: AgentId[] = [];
    let [opened, closed] = [0, 0];
    // Somebody else may hold all of them, and whoever cannot read a record is not to be counted on.
    const read = unheld.length > 0 ? unheld : shuffled(others, chance.random).slice(0, SAMPLE);
    for await (const [agentId, agent] of this.#records(read)) {
      if (typeof agent === "string") {
        if (agent !== "damaged") closed += 1;
        continue;
      }
      opened += 1;
      if (agent.keepAlive === "external") external.found(agentId);
      else if (this.#rounds.has(agentId)) managed.push(agentId);
    }
    return { unheld: managed, managed: all.length - external.size, keyMissing: closed > 0 && opened === 0 };
  }

  /** Whether those whose share it may be have had their chance. */
  isAbandoned(agentId: AgentId): boolean {
    return (this.#rounds.get(agentId) ?? 0) > ROUNDS;
  }

  async *#records(agentIds: readonly AgentId[]): AsyncGenerator<readonly [AgentId, AgentSession | Unreadable]> {
    for (let at = 0; at < agentIds.length; at += MOST_AT_ONCE) {
      yield* await this.#deps.store.getAgents(agentIds.slice(at, at + MOST_AT_ONCE));
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
