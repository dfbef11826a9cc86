import { type AgentId, type Caller, Refusal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Clock } from "./clock.ts";
import type { Credentials } from "./credentials.ts";
import type { AgentSession } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";
import { endReason, endsSession, type Verdicts } from "./verdict.ts";

/** How long a refused call waits for a rotation that is under way. */
const ROTATION_MS = 1_000;
/** How long a verdict waits for whoever is deciding about the agent. */
const VERDICT_MS = 500;
/** A call can meet one rotation after another; each attempt carries a newer Guid than the one before. */
const MOST_ATTEMPTS = 10;

interface AuthorizedCallOptions {
  /** A reading of the clock's `monotonic()`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Asked before a retry as this agent: the session may have ended meanwhile, or the sign-in be another's. Throws if so. */
  readonly stillBound: (agent: AgentSession) => Promise<void>;
  /** Told of the agent with a newer Guid, before the refused call is made again with it. */
  readonly newer?: (agent: AgentSession) => void;
}

interface Deps {
  readonly store: SessionStore;
  readonly credentials: Credentials;
  readonly verdicts: Verdicts;
  readonly clock: Clock;
  /** Asks for a verdict here, where this instance polls the agent; else false. */
  readonly verdictWanted: (agentId: AgentId) => boolean;
}

/** Calls the gateway as an agent, so that neither a rotation nor a stale Guid is seen by whoever asked. */
export class AuthorizedCalls {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * A refused Guid is not a dead session: with a newer one the call is made again, and without one it is confirmed
   * once, after waiting for a rotation. Even then it is no verdict yet: the instance that polls the agent finds out, and
   * whoever asked is told `gateway-switching-over`. An external agent is polled by nobody here, and has expired.
   */
  async call<T>(first: AgentSession, options: AuthorizedCallOptions, call: (caller: Caller) => Promise<T>): Promise<T> {
    const { credentials, clock } = this.#deps;
    if (first.state === "expired") throw new Problem("session-expired");
    let agent = first;
    let confirming = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(credentials.caller(agent));
      } catch (error) {
        if (!(error instanceof Refusal) || !endsSession(error)) throw error;
        const waits = error.effect === "guid-refused" && agent.keepAlive === "managed" && !confirming;
        // Half of a short deadline is left for the call that confirms.
        const waitMs = waits ? Math.min(ROTATION_MS, (options.deadline - clock.monotonic()) / 2) : 0;
        const newer = await credentials.newerThan(agent, waitMs, options.signal);
        // Over meanwhile, by the poll's verdict, another call's or a sign-out: this refusal says the same.
        if (newer === "gone") throw error;
        if (newer === "none" && (confirming || error.effect !== "guid-refused"))
          throw await this.#verdict(agent, error);
        if (attempt === MOST_ATTEMPTS) throw new Problem("gateway-switching-over");
        confirming = newer === "none";
        if (newer !== "none") {
          agent = newer;
          options.newer?.(agent);
        }
        await options.stillBound(agent);
      }
    }
  }

  async #verdict(agent: AgentSession, refusal: Refusal): Promise<Problem> {
    const { store, verdicts, verdictWanted } = this.#deps;
    const { agentId, guidVersion } = agent;
    if (agent.keepAlive === "managed" && refusal.effect === "guid-refused") {
      // While the store is away, the poll finds out by itself.
      if (!verdictWanted(agentId)) {
        await store.publish(agentId, { type: "verdict-wanted", guidVersion }).catch(() => undefined);
      }
      return new Problem("gateway-switching-over", { retcode: refusal.retcode });
    }
    try {
      // Other refused calls wait for the same verdict; a sign-in or sign-out may take longer, and then decides.
      const over = await verdicts.end(agent, endReason(refusal), VERDICT_MS);
      return over ? refusal : new Problem("gateway-switching-over");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error.code === "sign-in-in-progress" ? new Problem("gateway-switching-over") : error;
    }
  }
}
