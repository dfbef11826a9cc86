import { type AgentId, FORGETS_AGENT_MS, type Gateway, type Guid, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { CallOff, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { SignInLeases, Turn } from "./sign-in-lease.ts";
import type { SessionStore } from "./stores/port.ts";
import { endsSession } from "./verdict.ts";

/** When the gateway did not answer a sign-out, it is tried again after this time; after each further failure, after twice as long. */
const LATER_MS = 5_000;
/** Of a gateway that hangs, later tries hold up no more calls than these. */
const MOST_AT_ONCE = 16;

interface Deps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly leases: SignInLeases;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly gatewayTimeoutMs: number;
}

/** A sign-in that nobody has any more. */
interface Abandoned {
  readonly agentId: AgentId;
  readonly guid: Guid;
  readonly cookies: string;
}

interface LaterTries {
  /** As the first try was: the agent may still be talking. */
  readonly force: boolean;
  /** One, where the user has signed out. Of who may not stay in: until the gateway signs the agent out by itself. */
  readonly untilForgotten: boolean;
  readonly done: () => void;
}

interface Pending extends Abandoned, LaterTries {
  readonly waitMs: number;
  /** A reading of the clock's `monotonic()`: no try begins later. */
  readonly until: number;
}

/**
 * Later tries of sign-outs that the gateway did not answer, by this process alone: past them the gateway's own two-minute
 * rule signs the agent out, whom nobody polls. A new sign-in makes them pointless, and wrong.
 */
export class LaterSignOuts {
  readonly #deps: Deps;
  readonly #pending = new Map<AgentId, CallOff>();
  #trying = 0;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  add(abandoned: Abandoned, tries: LaterTries): void {
    this.#tryLater({
      ...abandoned,
      ...tries,
      waitMs: LATER_MS,
      until: this.#deps.clock.monotonic() + FORGETS_AGENT_MS,
    });
  }

  drop(agentId: AgentId): void {
    this.#pending.get(agentId)?.();
    this.#pending.delete(agentId);
  }

  close(): void {
    this.#closed = true;
    for (const callOff of this.#pending.values()) callOff();
    this.#pending.clear();
  }

  #tryLater(pending: Pending): void {
    const { agentId, waitMs, until } = pending;
    this.drop(agentId);
    if (this.#closed || this.#deps.clock.monotonic() + waitMs > until) return;
    const callOff = this.#deps.clock.after(waitMs, () => {
      this.#pending.delete(agentId);
      if (this.#trying >= MOST_AT_ONCE) this.#tryLater({ ...pending, waitMs: LATER_MS });
      else void this.#try(pending);
    });
    this.#pending.set(agentId, callOff);
  }

  async #try(pending: Pending): Promise<void> {
    const { agentId, untilForgotten, done, waitMs } = pending;
    const { leases, log } = this.#deps;
    this.#trying += 1;
    try {
      if (await leases.during(agentId, 0, (turn) => this.#signOut(pending, turn))) done();
    } catch (error) {
      // Whoever has the agent now may come to nothing.
      if (error instanceof Problem && error.code === "sign-in-in-progress") return this.#tryLater(pending);
      log.signOutFailed(agentId, error);
      if (untilForgotten) this.#tryLater({ ...pending, waitMs: 2 * waitMs });
    } finally {
      this.#trying -= 1;
    }
  }

  async #signOut({ agentId, guid, cookies, force }: Pending, turn: Turn): Promise<boolean> {
    const { store, gateway, gatewayTimeoutMs, clock } = this.#deps;
    if ((await store.getAgent(agentId, { fresh: true })) !== null) return false;
    if (!turn.lasts()) throw new Problem("sign-in-in-progress");
    const caller = { agentId, guid, cookies, renewed: () => Promise.resolve() };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    await gateway.signOut(caller, { force, deadline }).catch((error: unknown) => {
      // Refused again, it is no moment's refusal.
      if (!(error instanceof Refusal) || !endsSession(error)) throw error;
    });
    return true;
  }
}
