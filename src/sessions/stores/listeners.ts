import type { AgentId } from "../../gateway/identifiers.ts";
import type { AgentMessage } from "./agent-messages.ts";

type Listener = (message: AgentMessage) => void;

/** Who in this process listens to which agent. */
export class Listeners {
  readonly #byAgent = new Map<AgentId, Set<Listener>>();

  /** True when this is the first listener of the agent. */
  add(agentId: AgentId, listener: Listener): boolean {
    const listeners = this.#byAgent.get(agentId);
    if (listeners !== undefined) {
      listeners.add(listener);
      return false;
    }
    this.#byAgent.set(agentId, new Set([listener]));
    return true;
  }

  /** True when this was the last listener of the agent. */
  remove(agentId: AgentId, listener: Listener): boolean {
    const listeners = this.#byAgent.get(agentId);
    if (!listeners?.delete(listener) || listeners.size > 0) return false;
    this.#byAgent.delete(agentId);
    return true;
  }

  has(agentId: AgentId): boolean {
    return this.#byAgent.has(agentId);
  }

  agentIds(): AgentId[] {
    return [...this.#byAgent.keys()];
  }

  /** Each listener is called on its own, after whoever delivers: the mistake of one does not keep it from another. */
  deliver(agentId: AgentId, message: AgentMessage): void {
    const listeners = this.#byAgent.get(agentId);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      queueMicrotask(() => {
        if (listeners.has(listener)) listener(message);
      });
    }
  }

  clear(): void {
    for (const listeners of this.#byAgent.values()) listeners.clear();
    this.#byAgent.clear();
  }
}
