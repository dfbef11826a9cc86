import { type AgentId, type Gateway, type Guid, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { CallOff, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import type { SessionStore } from "./stores/port.ts";
import { endsSession } from "./verdict.ts";

/** When the gateway did not answer a sign-out, it is tried once more after this time. */
const LATER_MS = 5_000;

interface Deps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly leases: SignInLeases;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly gatewayTimeoutMs: number;
}

/** A sign-in that nobody has any more. */
export interface Abandoned {
  readonly agentId: AgentId;
  readonly guid: Guid;
  readonly cookies: string;
}

/**
 * The one later try of a sign-out that the gateway did not answer, by this process alone: past it the gateway's own
 * two-minute rule signs the agent out. A new sign-in makes it pointless, and wrong.
 */
export class LaterSignOuts {
  readonly #deps: Deps;
  readonly #pending = new Map<AgentId, CallOff>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @param force as the first try was: the agent may still be talking */
  add(abandoned: Abandoned, force: boolean, done: () => void): void {
    const { agentId } = abandoned;
    const { leases, log, clock } = this.#deps;
    this.drop(agentId);
    const callOff = clock.after(LATER_MS, () => {
      this.#pending.delete(agentId);
      void leases
        .during(agentId, 0, async () => (await this.#signOut(abandoned, force)) && done())
        .catch((error: unknown) => {
          // Whoever has the agent now may come to nothing.
          if (error instanceof Problem && error.code === "sign-in-in-progress") this.add(abandoned, force, done);
          else log.signOutFailed(agentId, error);
        });
    });
    this.#pending.set(agentId, callOff);
  }

  drop(agentId: AgentId): void {
    this.#pending.get(agentId)?.();
    this.#pending.delete(agentId);
  }

  close(): void {
    for (const callOff of this.#pending.values()) callOff();
    this.#pending.clear();
  }

  async #signOut({ agentId, guid, cookies }: Abandoned, force: boolean): Promise<boolean> {
    const { store, gateway, gatewayTimeoutMs, clock } = this.#deps;
    if ((await store.getAgent(agentId, { fresh: true })) !== null) return false;
    const caller = { agentId, guid, cookies, renewed: () => Promise.resolve() };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    await gateway.signOut(caller, { force, deadline }).catch((error: unknown) => {
      // Refused again, it is no moment's refusal.
      if (!(error instanceof Refusal) || !endsSession(error)) throw error;
    });
    return true;
  }
}
