import { LRUCache } from "lru-cache";
import type { ConferenceDetails, ConferenceId } from "../gateway/index.ts";
import { etagOf } from "../http/entity-tag.ts";
import { Problem } from "../problems.ts";
import { agesBy, type BoundSession, type Sessions } from "../sessions/index.ts";
import { Flights, SharedFailure } from "./flights.ts";
import { type ConferenceList, KeptLists } from "./kept-lists.ts";
import type { ConferenceOptions } from "./options.ts";

interface Ask {
  readonly details: boolean;
  /** Aborted when the client leaves. */
  readonly signal?: AbortSignal | undefined;
}

/** How long the gateway's word that an agent is an inspector lets it share its VDN's query. */
const CONFIRMED_MS = 60_000;
const MOST_CONFIRMED = 50_000;
/** How often a waiter asks again after somebody else's credential failed, before it asks alone. */
const MOST_TURNS = 5;

interface Deps {
  readonly sessions: Sessions;
  readonly config: ConferenceOptions;
  readonly gatewayTimeoutMs: number;
  /** Calls when the present turn of the event loop is over; left out: that of Node. */
  readonly atTurnsEnd?: (call: () => void) => void;
}

/** The conferences of an agent's VDN, asked once for all who want to know at the same moment. */
export class ConferenceLists {
  readonly #deps: Deps;
  readonly #flights: Flights<ConferenceList>;
  readonly #single: Flights<ConferenceDetails>;
  readonly #kept: KeptLists;
  /** The agents whose right the gateway has confirmed a moment ago. */
  readonly #confirmed: LRUCache<string, true> | null;

  #alone = 0;

  /** Since the start: questions that were answered by what somebody else had asked at the moment. */
  get sharedQuestions(): number {
    return this.#flights.joined + this.#single.joined;
  }

  constructor(deps: Deps) {
    this.#deps = deps;
    const { clock } = deps.sessions;
    this.#flights = new Flights(deps.atTurnsEnd);
    this.#single = new Flights(deps.atTurnsEnd);
    this.#kept = new KeptLists(deps.config.freshMs, clock);
    this.#confirmed =
      deps.config.sharing === "vdn" ? new LRUCache({ max: MOST_CONFIRMED, ttl: CONFIRMED_MS, ...agesBy(clock) }) : null;
  }

  async list(asker: BoundSession, ask: Ask): Promise<ConferenceList> {
    let bound = asker;
    // Its next `PUT` brings a new Guid; until then no answer of before and no colleague's will do either.
    if (bound.agent.state === "expired") throw new Problem("session-expired");
    const deadline = this.#deps.sessions.clock.monotonic() + this.#deps.gatewayTimeoutMs;
    for (let turn = 1; ; turn++) {
      const key = `${this.#sharedBy(bound)}${ask.details ? " details" : ""}`;
      const kept = this.#kept.get(key);
      if (kept !== null) return { ...kept, reused: true };
      const flightKey = turn > MOST_TURNS ? `alone ${this.#alone++}` : key;
      try {
        const query = (signal: AbortSignal) => this.#query(bound, ask.details, { deadline, signal });
        const { answer, asked } = await this.#flights.join(flightKey, ask.signal, query);
        if (asked) this.#kept.keep(key, answer);
        return answer;
      } catch (error) {
        if (error instanceof AnsweredToAnother) {
          if (turn > MOST_TURNS) throw new Problem("gateway-switching-over");
          bound = { ...bound, agent: error.agent };
          continue;
        }
        if (!(error instanceof SharedFailure)) throw error;
        // What was wrong with the asking session is not wrong with this one: its own turn tells.
        if (!concernsAsker(error.cause, key.startsWith("vdn ")) || turn > MOST_TURNS) throw error.cause;
      }
    }
  }

  /** Throws `conference-not-found`. */
  async one(bound: BoundSession, id: ConferenceId, signal: AbortSignal | undefined): Promise<ConferenceDetails> {
    const { sessions, gatewayTimeoutMs } = this.#deps;
    const deadline = sessions.clock.monotonic() + gatewayTimeoutMs;
    const query = async (flightSignal: AbortSignal, isShared: boolean) => {
      const limits = { deadline, signal: flightSignal };
      const gateway = sessions.gatewayFor(bound);
      const found = await gateway.conferenceDetails([id], limits);
      if (isShared && agentKey(gateway) !== agentKey(bound)) throw new AnsweredToAnother(gateway.agent);
      const conference = found.find((one) => one.id === id);
      if (conference === undefined) throw new Problem("conference-not-found");
      return conference;
    };
    try {
      return (await this.#single.join(`${agentKey(bound)} ${id}`, signal, (shared) => query(shared, true))).answer;
    } catch (error) {
      const cause = error instanceof SharedFailure ? error.cause : error;
      const isItsOwn = cause === error && !(cause instanceof AnsweredToAnother);
      if (isItsOwn || !concernsAsker(cause, false)) throw cause;
      return query(signal ?? new AbortController().signal, false);
    }
  }

  async #query(
    bound: BoundSession,
    details: boolean,
    limits: { deadline: number; signal: AbortSignal },
  ): Promise<ConferenceList> {
    const { sessions } = this.#deps;
    const asOf = sessions.clock.monotonic();
    try {
      const gateway = sessions.gatewayFor(bound);
      const ids = await gateway.conferenceIds(limits);
      const conferences = details ? await gateway.conferenceDetails(ids, limits) : ids.map((id) => ({ id }));
      if (agentKey(gateway) !== agentKey(bound)) throw new AnsweredToAnother(gateway.agent);
      this.#confirmed?.set(agentKey(bound), true);
      sessions.learnInspector(bound.agent, true);
      const body = JSON.stringify({ conferences });
      return { body, etag: etagOf(body), asOf, reused: false };
    } catch (error) {
      if (error instanceof Problem && error.code === "not-an-inspector") {
        this.#confirmed?.delete(agentKey(bound));
        sessions.learnInspector(bound.agent, false);
      }
      throw error;
    }
  }

  /** Whose answer will do: that of the VDN only for those whose right the gateway itself has just confirmed. */
  #sharedBy(bound: BoundSession): string {
    const own = agentKey(bound);
    const { vdnId } = bound.agent;
    if (vdnId === null || bound.session.boundBy !== "sign-in") return own;
    return this.#confirmed?.has(own) ? `vdn ${vdnId}` : own;
  }
}

/** While it asked, the agent was signed in anew, perhaps in another VDN: the answer is for none of those who wait for it. */
class AnsweredToAnother extends Error {
  readonly agent: BoundSession["agent"];

  constructor(agent: BoundSession["agent"]) {
    super("the agent was signed in anew");
    this.agent = agent;
  }
}

/** Sign-in and epoch included: an answer to an earlier sign-in, perhaps another subject's, is nobody's after it. */
export function agentKey({ agent }: Pick<BoundSession, "agent">): string {
  return `agent ${agent.agentId} ${agent.signInId} ${agent.epoch}`;
}

/**
 * Whether a failure is about whoever asked, so that those who waited have to ask for themselves: its app session, and
 * where a whole VDN shares the question also its agent's credential and right.
 */
function concernsAsker(error: unknown, acrossAgents: boolean): boolean {
  if (error instanceof AnsweredToAnother) return true;
  if (!(error instanceof Problem)) return false;
  if (error.code === "session-not-found") return true;
  return acrossAgents && (error.status === 401 || error.status === 403 || error.code === "gateway-switching-over");
}
