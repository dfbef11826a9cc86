import type { AgentCall, Caller, CallOptions, ConferenceDetails, ConferenceId, Gateway } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { AuthorizedCalls } from "./authorized-call.ts";
import type { AgentSession } from "./model.ts";

interface Deps {
  readonly gateway: Gateway;
  readonly calls: AuthorizedCalls;
  readonly agent: AgentSession;
  /** Asked before a call is made again as this agent: the session may have ended meanwhile. Throws if so. */
  readonly stillBound: (agent: AgentSession) => Promise<void>;
}

/**
 * The gateway's reads on behalf of one bound session. Neither a rotation of the Guid nor a stale one is seen by whoever
 * asks: the refused call, and no other, is made again with the newest, and so is the next one.
 */
export class AuthorizedGateway {
  readonly #gateway: Gateway;
  readonly #calls: AuthorizedCalls;
  readonly #stillBound: (agent: AgentSession) => Promise<void>;
  /** With the newest Guid that a call of this session has met. */
  #agent: AgentSession;

  constructor({ gateway, calls, agent, stillBound }: Deps) {
    this.#gateway = gateway;
    this.#calls = calls;
    this.#agent = agent;
    this.#stillBound = stillBound;
  }

  /** As whom it was answered last: not by the sign-in that was looked up, where another has come meanwhile. */
  get agent(): AgentSession {
    return this.#agent;
  }

  /** The ongoing conferences of the agent's VDN, in the gateway's order. */
  conferenceIds(options: CallOptions): Promise<ConferenceId[]> {
    return this.#authorized(options, (caller) => this.#gateway.conferenceIds(caller, options));
  }

  /** Their details in the order asked for; those that have ended are missing. */
  conferenceDetails(ids: readonly ConferenceId[], options: CallOptions): Promise<ConferenceDetails[]> {
    const limits = { ...options, answered: new Map<ConferenceId, ConferenceDetails | null>() };
    return this.#authorized(options, (caller) => this.#gateway.conferenceDetails(caller, ids, limits));
  }

  /**
   * A change that is sent once, whatever becomes of it: only a refused Guid, of which nothing was done, is made good by a
   * newer one. Every problem says whether it may have been carried out.
   */
  async change<T>(deadline: number, call: (caller: Caller, options: CallOptions) => Promise<T>): Promise<T> {
    // A client that leaves does not stop it: its answer may carry a Guid.
    const options = { deadline };
    try {
      return await this.#authorized(options, (caller) => call(caller, options));
    } catch (error) {
      // What the gateway's room has not told was never sent, or was refused for its Guid.
      throw error instanceof Problem && error.members?.outcome === undefined ? error.told("not-done") : error;
    }
  }

  /** One of the agent's other operations; answers with its result as JSON text. What changes something is sent once. */
  agentOperation(call: AgentCall, options: CallOptions): Promise<string> {
    if (!call.read) {
      return this.change(options.deadline, (caller, limits) => this.#gateway.agentOperation(caller, call, limits));
    }
    return this.#authorized(options, (caller) => this.#gateway.agentOperation(caller, call, options));
  }

  #authorized<T>(options: CallOptions, call: (caller: Caller) => Promise<T>): Promise<T> {
    const { deadline, signal } = options;
    return this.#calls.call(this.#agent, { deadline, signal, stillBound: this.#stillBound, newer: this.#newer }, call);
  }

  readonly #newer = (agent: AgentSession): void => {
    this.#agent = agent;
  };
}
