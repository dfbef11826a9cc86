import { type Gateway, Refusal } from "../../gateway/index.ts";
import type { Clock } from "../clock.ts";
import { type Credentials, sameCredential } from "../credentials.ts";
import type { AgentSession } from "../model.ts";
import { endsSession } from "../verdict.ts";

/** A refusal that comes longer after the one before is not of the same row: nobody knows what was in between. */
const LONGEST_PAUSE_MS = 1_000;
/** Between two calls that find out, at most; the store's reading before each takes its time as well. */
export const REFUSED_PAUSE_MS = 500;

interface Deps {
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly gatewayTimeoutMs: number;
  /** For how long the newest Guid must have been refused, in ms. */
  readonly verdictMs: number;
}

interface Verdict {
  readonly agent: AgentSession;
  readonly refusal: Refusal;
}

/**
 * Whether the gateway no longer knows an agent's newest Guid. One refusal does not say so, nor several within a moment:
 * a gateway that is restarted, or whose nodes have lost each other, refuses everybody. Only what is refused time and
 * again over seconds, with nothing else in between, is over.
 */
export class RefusedGuid {
  readonly #deps: Deps;
  #findingOut = false;
  #refused: { readonly agent: AgentSession; readonly since: number; readonly last: number } | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * A call with what is the newest Guid here was refused. True when that has gone on for long enough.
   *
   * @param sentAt when the call began, a reading of the monotonic clock
   */
  refused(agent: AgentSession, sentAt: number): boolean {
    const { clock, gatewayTimeoutMs, verdictMs } = this.#deps;
    const now = clock.monotonic();
    const row = this.#refused;
    // An answer that lay there while the process stood still says nothing of what the gateway has answered since.
    const isFresh = now - sentAt <= gatewayTimeoutMs;
    const goesOn = isFresh && row !== null && sameCredential(row.agent, agent) && sentAt - row.last <= LONGEST_PAUSE_MS;
    const since = goesOn ? row.since : now;
    this.#refused = { agent, since, last: now };
    return goesOn && sentAt - since >= verdictMs;
  }

  /** A call was answered in any other way: the row is broken. */
  otherwise(): void {
    this.#refused = null;
  }

  /**
   * Asks the gateway by calls beside the poll that is held, whose answer may take 10 s, until it is clear. Whoever wants
   * to know meanwhile asks nothing of its own.
   *
   * @param newest the agent with its newest Guid; `null` when there is nothing to find out any more
   * @param end the session of that sign-in is over
   */
  async findOut(
    newest: () => Promise<AgentSession | null>,
    end: (verdict: Verdict) => Promise<unknown>,
  ): Promise<void> {
    if (this.#findingOut) return;
    this.#findingOut = true;
    try {
      const verdict = await this.#askOn(newest);
      if (verdict !== null) await end(verdict);
    } finally {
      this.#findingOut = false;
    }
  }

  async #askOn(newest: () => Promise<AgentSession | null>): Promise<Verdict | null> {
    const { clock, verdictMs } = this.#deps;
    const until = clock.monotonic() + verdictMs * 2;
    while (clock.monotonic() < until) {
      const agent = await newest();
      if (agent === null) return null;
      const sentAt = clock.monotonic();
      const refusal = await this.#ask(agent);
      if (refusal?.effect !== "guid-refused") {
        this.otherwise();
        return refusal === null ? null : { agent, refusal };
      }
      if (this.refused(agent, sentAt)) return { agent, refusal };
      await clock.wait(REFUSED_PAUSE_MS);
    }
    return null;
  }

  /** The refusal that concerns the session, if it is one. */
  async #ask(agent: AgentSession): Promise<Refusal | null> {
    const { clock, gateway, credentials, gatewayTimeoutMs } = this.#deps;
    try {
      // What devices ask: whatever else the gateway answers, a session whose every question is refused is of no use.
      await gateway.conferenceIds(credentials.caller(agent), { deadline: clock.monotonic() + gatewayTimeoutMs });
      return null;
    } catch (error) {
      return error instanceof Refusal && endsSession(error) ? error : null;
    }
  }
}
