import { loadConfig } from "../../src/config/index.ts";
import {
  type AgentId,
  type Caller,
  type CallOptions,
  Fault,
  type Gateway,
  type GatewayEvent,
  type Guid,
  Refusal,
  type SignInOptions,
  type SignInRequest,
} from "../../src/gateway/index.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import { appSecret } from "../support/service.ts";

const { retcodes } = loadConfig({ GATEWAY_URL: "http://gateway.example", JWT_SECRET: appSecret }).gateway;

/** The gateway signs an agent out whom nobody has polled for so long. */
const FORGETS_MS = 120_000;

function refusal(retcode: string): Refusal {
  const row = retcodes.get(retcode);
  if (row === undefined) throw new Error(`No row for ${retcode}`);
  return new Refusal(retcode, row);
}

interface VirtualAgent {
  guid: Guid | null;
  polledAt: number;
  /** At this moment; more than one is what the reference forbids. */
  pollsUnderWay: number;
  movesUnderWay: number;
  polls: number;
  isSignedOut: boolean;
  readonly events: GatewayEvent[];
  /** Ends the poll that is held. */
  wake: () => void;
}

type VirtualOperation = "poll" | "call" | "sign-in" | "sign-out";

/**
 * What the gateway's reference says about Guids, polls and the two minutes, on a time of its own: for a fleet in one
 * process whose hours pass in milliseconds.
 */
export class VirtualGateway {
  readonly #clock: Clock;
  readonly agents = new Map<AgentId, VirtualAgent>();
  /** What the gateway answers with instead of its work, or null. */
  refuses: (operation: VirtualOperation, agentId: AgentId) => string | null = () => null;
  /** How long every answer takes, in ms. */
  latencyMs = 1;
  /** How long a poll without an event is held, in ms. */
  holdMs = 10_000;
  /** Until a poll's connection stands. */
  pollConnectsMs = 0;
  /** How long what is asked is on its way in addition, in ms. */
  reachesAfterMs: (operation: VirtualOperation) => number = () => 0;
  /** How long after its work the answer to a sign-in takes in addition, in ms. */
  signInHeldMs: (agentId: AgentId) => number = () => 0;
  /** How long after its work the answer to a sign-out takes in addition, in ms. */
  signOutHeldMs = 0;
  /** Every agent is: who may be signed out by force alone. */
  isTalking = false;
  mostPollsAtOnce = 0;
  /** Begun after the agent's own sign-out: what the reference forbids. */
  pollsAfterSignOut = 0;
  /** Sign-ins and sign-outs of one agent: more than one is what the reference forbids. */
  mostMovesAtOnce = 0;
  calls = 0;
  signIns = 0;
  signOuts = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  agent(agentId: AgentId): VirtualAgent {
    const known = this.agents.get(agentId);
    if (known !== undefined) return known;
    const agent = {
      guid: null,
      polledAt: 0,
      pollsUnderWay: 0,
      movesUnderWay: 0,
      polls: 0,
      isSignedOut: false,
      events: [],
      wake: () => undefined,
    };
    this.agents.set(agentId, agent);
    return agent;
  }

  isSignedIn(agentId: AgentId): boolean {
    const { guid, polledAt, pollsUnderWay } = this.agent(agentId);
    return guid !== null && (pollsUnderWay > 0 || this.#clock.monotonic() - polledAt < FORGETS_MS);
  }

  signIn(agentId: AgentId): Guid {
    const agent = this.agent(agentId);
    agent.guid = `guid-${agentId}-${this.#clock.monotonic()}-${agent.polls}` as Guid;
    agent.polledAt = this.#clock.monotonic();
    agent.isSignedOut = false;
    return agent.guid;
  }

  send(agentId: AgentId, event: GatewayEvent): void {
    const agent = this.agent(agentId);
    agent.events.push(event);
    agent.wake();
  }

  /** A supervisor, or another program, signs the agent out: its Guid is worth nothing any more. */
  kick(agentId: AgentId): void {
    this.agent(agentId).guid = null;
  }

  /** The way from one instance to the gateway, which can be cut. */
  line(): Gateway & { cut: boolean; swallows: boolean } {
    const gateway = this;
    const clock = this.#clock;
    const line = {
      cut: false,
      swallows: false,
      signIn(agentId: AgentId, _: SignInRequest, { force, deadline, until = deadline }: SignInOptions) {
        return gateway.#move(agentId, async () => {
          await line.reach("sign-in", agentId);
          if (!force && gateway.isSignedIn(agentId)) throw refusal("100-002");
          const guid = gateway.signIn(agentId);
          gateway.signIns += 1;
          const loginTime = String(clock.wall());
          const heldMs = gateway.signInHeldMs(agentId);
          await clock.wait(Math.min(heldMs, until - clock.monotonic()));
          if (clock.monotonic() >= until) throw new Fault("gateway-timeout", "TIMEOUT");
          return { guid, cookies: "", vdnId: "1", loginTime, passwordDaysLeft: null, mustChangePassword: false };
        });
      },
      signOut({ agentId, guid }: Caller, { force }: CallOptions & { readonly force: boolean }) {
        return gateway.#move(agentId, async () => {
          await line.reach("sign-out", agentId);
          gateway.#check(agentId, guid);
          if (gateway.isTalking && !force) throw refusal("100-010");
          gateway.signOuts += 1;
          gateway.kick(agentId);
          gateway.agent(agentId).isSignedOut = true;
          await clock.wait(gateway.signOutHeldMs);
        });
      },
      async pollEvent({ agentId, guid }: Caller, { signal, onReady }: Parameters<Gateway["pollEvent"]>[1]) {
        if (gateway.pollConnectsMs > 0) await clock.wait(gateway.pollConnectsMs, signal);
        onReady?.();
        signal.throwIfAborted();
        return gateway.#poll(agentId, guid, signal, () => line.reach("poll", agentId, signal));
      },
      conferenceIds: (caller: Caller, options: CallOptions) => line.call(caller, options, []),
      conferenceDetails: (caller: Caller, _: unknown, options: CallOptions) => line.call(caller, options, []),
      isInspector: (caller: Caller, options: CallOptions) => line.call(caller, options, true),
      agentStatus: (caller: Caller, options: CallOptions) => line.call(caller, options, { state: "busy" } as const),
      agentOperation: (caller: Caller, _: unknown, options: CallOptions) => line.call(caller, options, "null"),
      async close() {},
      async call<Answer>({ agentId, guid }: Caller, { signal }: CallOptions, answer: Answer): Promise<Answer> {
        gateway.calls += 1;
        await line.reach("call", agentId, signal);
        gateway.#check(agentId, guid);
        return answer;
      },
      async reach(operation: VirtualOperation, agentId: AgentId, signal?: AbortSignal): Promise<void> {
        if (line.cut) {
          await clock.wait(20, signal);
          throw new Fault("gateway-unreachable", "ECONNREFUSED");
        }
        if (line.swallows) {
          await clock.wait(operation === "poll" ? 20_000 : 5_000, signal);
          throw new Fault("gateway-timeout", "TIMEOUT");
        }
        await clock.wait(gateway.latencyMs + gateway.reachesAfterMs(operation), signal);
        const retcode = gateway.refuses(operation, agentId);
        if (retcode !== null) throw refusal(retcode);
      },
    };
    return line;
  }

  async #move<Answer>(agentId: AgentId, move: () => Promise<Answer>): Promise<Answer> {
    const agent = this.agent(agentId);
    agent.movesUnderWay += 1;
    this.mostMovesAtOnce = Math.max(this.mostMovesAtOnce, agent.movesUnderWay);
    try {
      return await move();
    } finally {
      agent.movesUnderWay -= 1;
    }
  }

  #check(agentId: AgentId, guid: Guid): void {
    if (!this.isSignedIn(agentId)) this.kick(agentId);
    if (this.agent(agentId).guid !== guid) throw refusal("000-003");
  }

  async #poll(
    agentId: AgentId,
    guid: Guid,
    signal: AbortSignal,
    reach: () => Promise<void>,
  ): Promise<GatewayEvent | null> {
    const agent = this.agent(agentId);
    agent.polls += 1;
    if (agent.isSignedOut) this.pollsAfterSignOut += 1;
    agent.pollsUnderWay += 1;
    this.mostPollsAtOnce = Math.max(this.mostPollsAtOnce, agent.pollsUnderWay);
    try {
      await reach();
      this.#check(agentId, guid);
      agent.polledAt = this.#clock.monotonic();
      if (agent.events.length === 0) {
        const woken = new AbortController();
        agent.wake = () => woken.abort();
        await this.#clock.wait(this.holdMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
        signal.throwIfAborted();
      }
      return agent.events.shift() ?? null;
    } finally {
      agent.pollsUnderWay -= 1;
    }
  }
}
