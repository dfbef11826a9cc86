import { type GatewayEvent, Refusal } from "../../gateway/index.ts";
import { receivedOf } from "../belonging.ts";
import type { Chance } from "../clock.ts";
import { sameCredential } from "../credentials.ts";
import type { Leaving } from "../leaving.ts";
import type { SessionLog } from "../log.ts";
import type { AgentSession } from "../model.ts";
import type { SignInLeases } from "../sign-in-lease.ts";
import type { AgentMessage } from "../stores/agent-messages.ts";
import { followed } from "../traces.ts";
import { endReason, endsSession, endsSignIn, type Verdicts } from "../verdict.ts";
import { AgentLine } from "./agent-line.ts";
import { tellState } from "./agent-state.ts";
import type { HeldLease } from "./held-lease.ts";
import { HeldPoll, type HeldPollDeps } from "./held-poll.ts";
import { tellIfLost } from "./lost-record.ts";
import { Outbox, type OutboxDeps } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { REFUSED_PAUSE_MS, RefusedGuid } from "./refused-guid.ts";
import { Sweeps } from "./sweeps.ts";

/** A single failed poll is a blink; from the second on the agent counts as unreachable. */
const FAILURES_TO_BE_UNREACHABLE = 2;
/** How soon a sign-in or sign-out that is under way here is looked at again. */
const LOOK_AGAIN_MS = 50;
/** What is over and could not be ended may stay so, as with a store that takes no writes; the row of refusals goes on. */
const NOT_ENDED_PAUSE_MS = 800;
/** How long a store that is away is waited for before a poll goes out without it. */
const BLINK_MS = 1_000;

export interface PollerDeps extends HeldPollDeps, OutboxDeps {
  readonly leases: SignInLeases;
  readonly verdicts: Verdicts;
  readonly leaving: Leaving;
  readonly log: SessionLog;
  readonly chance: Chance;
  /** Pause between two polls, more or less. */
  readonly intervalMs: number;
  readonly sweepMs: number;
  readonly gatewayTimeoutMs: number;
  /** For how long the newest Guid must have been refused before the session ends, in ms. */
  readonly verdictMs: number;
}

/**
 * The event polls of one agent, one after the other: at once event source, heartbeat and bringer of new Guids. Runs
 * as long as its lease lasts, the agent is managed, and nobody stops it.
 */
export class Poller {
  readonly lease: HeldLease;
  readonly poll: HeldPoll;
  readonly #deps: PollerDeps;
  readonly #pace: Pace;
  readonly #outbox: Outbox;
  readonly #line: AgentLine;
  readonly #guid: RefusedGuid;
  readonly #sweeps: Sweeps;
  #agent: AgentSession | null = null;
  #failingSince = 0;
  #stopping = false;
  #lettingGo = false;
  /** No poll is begun any more, and only {@link abort} cuts the last rests short. */
  #over = false;
  /** Rounds in a row that could not read the store. */
  #blindRounds = 0;

  constructor(lease: HeldLease, deps: PollerDeps, firstPauseMs: number) {
    this.lease = lease;
    this.#deps = deps;
    this.poll = new HeldPoll(lease, deps);
    this.#line = new AgentLine(deps, lease.agentId, (message) => this.#hear(message));
    this.#pace = new Pace(deps, firstPauseMs);
    this.#outbox = new Outbox(lease.agentId, deps);
    this.#guid = new RefusedGuid(deps);
    this.#sweeps = new Sweeps(lease.agentId, deps);
  }

  /** Resolves when the last poll is over, with true when a mistake of ours ended it. The lease is the caller's to release. */
  async run(): Promise<boolean> {
    try {
      while (!this.#stopping && this.lease.left() > 0) {
        this.#line.open();
        const pauseMs = await followed(this.#deps.traces, "poll", this.lease.agentId, this.#round);
        if (pauseMs === null) break;
        if (pauseMs > 0) await this.#pace.rest(pauseMs);
      }
      return false;
    } catch (error) {
      this.#deps.log.keeperFailed(error);
      return true;
    } finally {
      this.#stopping = this.#over = true;
      if (this.#lettingGo) await this.#pace.rest(this.poll.heldForMs());
      // Whoever polls next may do so as soon as the lease is let go: that must not be too soon for the gateway either.
      if (this.#pace.early() > 0) await this.#pace.rest(this.#pace.early());
      // Whoever signs the agent out meanwhile is answered, as long as the lease is held.
      this.#line.close();
    }
  }

  /** Of the agent, as far as it is known here. */
  get state(): AgentSession["state"] {
    return this.#agent?.state ?? "active";
  }

  /** Begins no new poll. The one that is held goes on: its answer can carry a Guid. */
  stop(): void {
    this.#stopping = true;
    if (!this.#over) this.#pace.wake();
  }

  /** The gateway cannot be reached from here: somebody else may poll as soon as it no longer holds what was sent last. */
  letGo(): void {
    if (this.#lettingGo || this.#stopping) return;
    this.#lettingGo = true;
    this.#deps.clock.after(this.poll.heldForMs(), () => this.poll.abort());
    this.stop();
  }

  /** Ends the held poll as well, and the last rest: the lease is over, or the process is. */
  abort(): void {
    this.stop();
    this.poll.abort();
    this.#pace.wake();
  }

  /**
   * A request's Guid was refused, and there is no newer one. The next poll tells what it means; while one is held, other
   * calls do.
   */
  readonly verdictWanted = (): void => {
    if (this.#over) return;
    this.#pace.wake();
    if (this.poll.isOut) void this.#findOut();
  };

  /** One look at the session, one poll. Answers with the pause in ms before the next, or null at the end. */
  readonly #round = async (): Promise<number | null> => {
    const { credentials, intervalMs, holdMs } = this.#deps;
    const { agentId } = this.lease;
    let agent: AgentSession | null;
    try {
      const read = await credentials.newestAndHolder(agentId);
      this.#blindRounds = 0;
      agent = read.agent;
      if (agent !== null && !(await this.lease.isHeldBy(read.holder))) return null;
    } catch {
      // A connection that broke while the machine stood still comes back first: the lease may be another's by now.
      this.#blindRounds += 1;
      if (this.#blindRounds === 1) return Math.min(BLINK_MS, holdMs / 10);
      // The store is away: go on with what is known here.
      agent = this.#agent && credentials.newestHere(this.#agent);
    }
    if (agent === null && this.#agent !== null && !this.#stopping)
      await tellIfLost(agentId, {
        ...this.#deps,
        line: this.#line,
        pace: this.#pace,
        isStopping: () => this.#stopping,
      });
    if (agent !== null) this.#line.heardOfChange = false;
    this.#agent = agent;
    if (agent === null || agent.keepAlive !== "managed") return null;
    const isKeptUp = (): boolean => this.#isKeptUp(agent);
    if (isKeptUp()) return Math.min(intervalMs, LOOK_AGAIN_MS);
    if (this.#stopping || !this.lease.outlasts(holdMs)) return intervalMs;
    if (this.#pace.early() > 0) return this.#pace.early();

    try {
      const { event, noted } = await this.poll.send(agent, isKeptUp, () => receivedOf(agent, this.#agent));
      this.#pace.answered();
      await this.#succeeded(agent, event, noted);
    } catch (error) {
      this.#pace.ended();
      if (this.poll.wasAborted) return this.#stopping ? null : intervalMs;
      const pauseMs = await this.#failed(agent, error);
      await this.#sweeps.sweep();
      return pauseMs;
    } finally {
      this.poll.over();
    }
    await this.#sweeps.sweep();
    return this.#pace.early();
  };

  /** While somebody signs it in or out: what begins after a sign-out is forbidden. */
  #isKeptUp({ agentId, signInId }: AgentSession): boolean {
    return this.#deps.leases.isHeldHere(agentId) || this.#line.isSigningOut(signInId);
  }

  /** @param received the agent as it was known when the answer came */
  async #succeeded(agent: AgentSession, event: GatewayEvent | null, received: AgentSession): Promise<void> {
    const { clock } = this.#deps;
    this.#guid.otherwise();
    if (agent.state === "unreachable") await tellState(this.#deps, agent, "active", clock.wall());
    if (event !== null) {
      const { recordId, epoch } = received;
      const at = new Date(clock.wall()).toISOString();
      this.#outbox.add({ recordId, epoch, type: event.type, at, content: event.content }, agent);
    }
    await this.#outbox.deliver();
    if (event !== null && endsSignIn(event, agent)) await this.#deps.verdicts.endSignIn(agent).catch(() => undefined);
  }

  async #failed(agent: AgentSession, error: unknown): Promise<number> {
    const { log, clock, intervalMs } = this.#deps;
    const { agentId } = this.lease;
    if (error instanceof Refusal && error.effect === "guid-refused") {
      // The next poll tells whether it goes on.
      const lasts = this.#guid.refused(agent, this.poll.sentAt);
      const pauseMs = this.#pace.refused(REFUSED_PAUSE_MS);
      if (!lasts) return pauseMs;
      if (!(await this.#end(agent, error))) return Math.max(pauseMs, NOT_ENDED_PAUSE_MS);
    } else {
      this.#guid.otherwise();
      if (error instanceof Refusal && endsSession(error) && !(await this.#end(agent, error)))
        return Math.max(intervalMs, NOT_ENDED_PAUSE_MS);
    }
    log.pollFailed(agentId, error);
    const pauseMs = this.#pace.failed();
    if (this.#pace.failures === 1) this.#failingSince = clock.wall();
    if (this.#pace.failures >= FAILURES_TO_BE_UNREACHABLE && agent.state === "active") {
      await tellState(this.#deps, agent, "unreachable", this.#failingSince);
    }
    return pauseMs;
  }

  async #findOut(): Promise<void> {
    const newest = async (): Promise<AgentSession | null> => {
      if (!this.poll.isOut || this.#stopping) return null;
      const agent = await this.#deps.credentials.newest(this.lease.agentId, { fresh: true }).catch(() => null);
      return agent?.keepAlive === "managed" && !this.#isKeptUp(agent) ? agent : null;
    };
    await this.#guid.findOut(newest, ({ agent, refusal }) => this.#end(agent, refusal));
  }

  /** Answers whether it is over: a newer Guid may have come meanwhile. */
  async #end(agent: AgentSession, refusal: Refusal): Promise<boolean> {
    // A sign-in or sign-out is under way, or the store is away: the next poll tells again.
    return this.#deps.verdicts.end(agent, endReason(refusal)).catch(() => false);
  }

  #hear(message: AgentMessage): void {
    if (this.#over) return;
    if (message.type === "verdict-wanted") this.verdictWanted();
    if (message.type !== "agent-changed" && message.type !== "messages-lost") return;
    void this.#deps.credentials
      .newest(this.lease.agentId, { fresh: true })
      .then((current) => {
        // Only another sign-in, or another poller, makes the held poll worthless; a newer Guid does not.
        if (current?.signInId !== this.#agent?.signInId || current?.keepAlive !== "managed") this.poll.abort();
        if (current === null || (this.#agent !== null && !sameCredential(current, this.#agent))) this.#pace.wake();
        if (current !== null) this.#agent = current;
      })
      .catch(() => undefined);
  }
}
