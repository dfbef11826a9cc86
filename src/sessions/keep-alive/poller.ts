import { type Gateway, type GatewayEvent, Refusal } from "../../gateway/index.ts";
import { changeAgent } from "../agent-change.ts";
import type { Chance, Clock } from "../clock.ts";
import { type Credentials, sameCredential } from "../credentials.ts";
import type { Leaving } from "../leaving.ts";
import type { SessionLog } from "../log.ts";
import type { AgentSession } from "../model.ts";
import type { OwnConferences } from "../own-conferences.ts";
import type { SignInLeases } from "../sign-in-lease.ts";
import type { AgentMessage, SessionStore, Unsubscribe } from "../stores/port.ts";
import { endReason, endsSession, endsSignIn, type Verdicts } from "../verdict.ts";
import type { GatewayReach } from "./gateway-reach.ts";
import type { HeldLease } from "./held-lease.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { REFUSED_PAUSE_MS, RefusedGuid } from "./refused-guid.ts";

/** A single failed poll is a blink; from the second on the agent counts as unreachable. */
const FAILURES_TO_BE_UNREACHABLE = 2;
/** How soon a sign-in or sign-out that is under way here is looked at again. */
const LOOK_AGAIN_MS = 50;
/** How long a store that is away is waited for before a poll goes out without it. */
const BLINK_MS = 1_000;

export interface PollerDeps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly verdicts: Verdicts;
  readonly ownConferences: OwnConferences;
  readonly leaving: Leaving;
  readonly reach: GatewayReach;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Pause between two polls, more or less. */
  readonly intervalMs: number;
  /** How long the gateway holds a poll without an event: 10 s. */
  readonly holdMs: number;
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
  readonly #deps: PollerDeps;
  readonly #pace: Pace;
  readonly #outbox: Outbox;
  #agent: AgentSession | null = null;
  #poll: AbortController | null = null;
  #answeredAt: number | null = null;
  /** A reading of the monotonic clock; from the start on where no poll has been answered yet. */
  #aliveAt: number;
  #failingSince = 0;
  readonly #guid: RefusedGuid;
  #findingOut = false;
  #nextSweep = 0;
  #stopping = false;
  /** When the last poll went out, a reading of the monotonic clock. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #lettingGo = false;
  /** Rounds in a row that could not read the store. */
  #blindRounds = 0;
  #listening = false;
  #unsubscribe: Unsubscribe = () => undefined;

  constructor(lease: HeldLease, deps: PollerDeps, firstPauseMs: number) {
    this.lease = lease;
    this.#deps = deps;
    this.#aliveAt = deps.clock.monotonic();
    this.#pace = new Pace(deps, firstPauseMs);
    this.#outbox = new Outbox(lease.agentId, deps);
    this.#guid = new RefusedGuid(deps);
  }

  /** Resolves when the last poll is over, with true when a mistake of ours ended it. The lease is the caller's to release. */
  async run(): Promise<boolean> {
    try {
      while (!this.#stopping && this.lease.left() > 0) {
        this.#listen();
        const pauseMs = await this.#round();
        if (pauseMs === null) break;
        if (pauseMs > 0) await this.#pace.rest(pauseMs);
      }
      return false;
    } catch (error) {
      this.#deps.log.keeperFailed(error);
      return true;
    } finally {
      this.#stopping = true;
      this.#unsubscribe();
      if (this.#lettingGo) await this.#pace.rest(this.#heldFor());
      // Whoever polls next may do so as soon as the lease is let go: that must not be too soon for the gateway either.
      if (this.#pace.early() > 0) await this.#pace.rest(this.#pace.early());
    }
  }

  /** When the gateway last answered a poll, in epoch milliseconds; null: not yet. */
  get answeredAt(): number | null {
    return this.#answeredAt;
  }

  /** In ms: since the last poll that was answered, or since this poller began. */
  get unansweredMs(): number {
    return this.#deps.clock.monotonic() - this.#aliveAt;
  }

  /** Of the agent, as far as it is known here. */
  get state(): AgentSession["state"] {
    return this.#agent?.state ?? "active";
  }

  /** Begins no new poll. The one that is held goes on: its answer can carry a Guid. */
  stop(): void {
    this.#stopping = true;
    this.#pace.wake();
  }

  /** The gateway cannot be reached from here: somebody else may poll as soon as it no longer holds what was sent last. */
  letGo(): void {
    if (this.#lettingGo || this.#stopping) return;
    this.#lettingGo = true;
    this.#deps.clock.after(this.#heldFor(), () => this.#poll?.abort());
    this.stop();
  }

  /** Ends the held poll as well: the lease is over, or the answer is of no use to anybody. */
  abort(): void {
    this.stop();
    this.#poll?.abort();
  }

  /**
   * A request's Guid was refused, and there is no newer one. The next poll tells what it means; while one is held, other
   * calls do.
   */
  readonly verdictWanted = (): void => {
    this.#pace.wake();
    if (this.#poll === null || this.#findingOut) return;
    this.#findingOut = true;
    void this.#findOut().finally(() => {
      this.#findingOut = false;
    });
  };

  /** Again before each poll until it has worked: the store's line for messages may come back later than the store. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    void this.#deps.store
      .subscribe(this.lease.agentId, (message) => this.#hear(message))
      .then((done) => {
        this.#unsubscribe = done;
        if (this.#stopping) done();
      })
      .catch(() => {
        this.#listening = false;
      });
  }

  /** One look at the session, one poll. Answers with the pause in ms before the next, or null at the end. */
  async #round(): Promise<number | null> {
    const { credentials, leases, intervalMs, holdMs } = this.#deps;
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
    this.#agent = agent;
    if (agent === null || agent.keepAlive !== "managed") return null;
    if (leases.isHeldHere(agentId)) return Math.min(intervalMs, LOOK_AGAIN_MS);
    if (this.#stopping || !this.lease.outlasts(holdMs)) return intervalMs;
    if (this.#pace.early() > 0) return this.#pace.early();

    this.#sentAt = this.#deps.clock.monotonic();
    try {
      const event = await this.#pollOnce(agent);
      this.#pace.answered();
      this.#answeredAt = this.#deps.clock.wall();
      this.#aliveAt = this.#deps.clock.monotonic();
      await this.#succeeded(agent, event);
    } catch (error) {
      this.#pace.ended();
      if (this.#poll?.signal.aborted) return this.#stopping ? null : intervalMs;
      const pauseMs = await this.#failed(agent, error, this.#sentAt);
      await this.#sweep();
      return pauseMs;
    } finally {
      this.#poll = null;
    }
    await this.#sweep();
    return this.#pace.early();
  }

  /** For how long the gateway may still hold the last poll, in ms, whatever became of its connection. */
  #heldFor(): number {
    return Math.max(0, this.#sentAt + this.#deps.holdMs - this.#deps.clock.monotonic());
  }

  async #pollOnce(agent: AgentSession): Promise<GatewayEvent | null> {
    const { gateway, credentials, holdMs, reach } = this.#deps;
    const poll = new AbortController();
    this.#poll = poll;
    // Until the connection stands the process may have stood still, and another instance polls by then.
    const onReady = (): void => {
      if (!this.lease.outlasts(holdMs)) poll.abort();
    };
    const over = reach.polling();
    const polled = gateway.pollEvent(credentials.caller(agent), {
      timeoutMs: holdMs * 2,
      signal: poll.signal,
      onReady,
    });
    polled.then(
      () => over(true),
      (error: unknown) => over(error instanceof Refusal),
    );
    return polled;
  }

  async #succeeded(agent: AgentSession, event: GatewayEvent | null): Promise<void> {
    const { clock } = this.#deps;
    this.#guid.otherwise();
    if (agent.state === "unreachable") await this.#setState(agent, "active", clock.wall());
    if (event !== null) {
      const { recordId, epoch } = this.#asReceived(agent);
      const at = new Date(clock.wall()).toISOString();
      this.#outbox.add({ recordId, epoch, type: event.type, at, content: event.content }, agent);
    }
    await this.#outbox.deliver();
    if (event !== null && endsSignIn(event, agent)) await this.#endSignIn(agent);
  }

  async #failed(agent: AgentSession, error: unknown, sentAt: number): Promise<number> {
    const { log, clock, intervalMs } = this.#deps;
    const { agentId } = this.lease;
    if (error instanceof Refusal && error.effect === "guid-refused") {
      // The next poll tells whether it goes on.
      const lasts = this.#guid.refused(agent, sentAt);
      if (!lasts || !(await this.#end(agent, error))) return this.#pace.refused(REFUSED_PAUSE_MS);
    } else {
      this.#guid.otherwise();
      if (error instanceof Refusal && endsSession(error) && !(await this.#end(agent, error))) return intervalMs;
    }
    log.pollFailed(agentId, error);
    const pauseMs = this.#pace.failed();
    if (this.#pace.failures === 1) this.#failingSince = clock.wall();
    if (this.#pace.failures >= FAILURES_TO_BE_UNREACHABLE && agent.state === "active") {
      await this.#setState(agent, "unreachable", this.#failingSince);
    }
    return pauseMs;
  }

  async #findOut(): Promise<void> {
    const { credentials, leases } = this.#deps;
    const newest = async (): Promise<AgentSession | null> => {
      if (this.#poll === null || this.#stopping || leases.isHeldHere(this.lease.agentId)) return null;
      const agent = await credentials.newest(this.lease.agentId, { fresh: true }).catch(() => null);
      return agent?.keepAlive === "managed" ? agent : null;
    };
    const verdict = await this.#guid.findOut(newest);
    if (verdict !== null) await this.#end(verdict.agent, verdict.refusal);
  }

  /** Answers whether it is over: a newer Guid may have come meanwhile. */
  async #end(agent: AgentSession, refusal: Refusal): Promise<boolean> {
    // A sign-in or sign-out is under way, or the store is away: the next poll tells again.
    return this.#deps.verdicts.end(agent, endReason(refusal)).catch(() => false);
  }

  /**
   * Of which epoch is what the poll has just brought: of the newest that was heard of by now, as long as the poll's own
   * sign-in lasts. A poll with the Guid of a former sign-in brings what is of that one.
   */
  #asReceived(polled: AgentSession): AgentSession {
    return this.#agent?.signInId === polled.signInId && this.#agent.epoch > polled.epoch ? this.#agent : polled;
  }

  /** The sign-in is over with every Guid that it had, also the one that came with the event. */
  async #endSignIn(agent: AgentSession): Promise<void> {
    const newest = await this.#deps.credentials.newest(agent.agentId, { fresh: true }).catch(() => null);
    if (newest?.signInId !== agent.signInId) return;
    await this.#deps.verdicts.end(newest, "agent-not-signed-in").catch(() => undefined);
  }

  async #setState({ signInId }: AgentSession, state: "active" | "unreachable", stateSince: number): Promise<void> {
    const { credentials, store, log } = this.#deps;
    const { agentId } = this.lease;
    try {
      const { written } = await changeAgent(
        store,
        agentId,
        (current) =>
          current?.signInId === signInId && current.state !== state ? { ...current, state, stateSince } : null,
        () => credentials.newest(agentId, { fresh: true }),
      );
      if (!written) return;
      log.agentState(agentId, state);
      await store.publish(agentId, { type: "agent-changed" });
    } catch {
      // The next poll says it again.
    }
  }

  async #sweep(): Promise<void> {
    const { sweepMs, leaving, clock, chance } = this.#deps;
    const now = clock.monotonic();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + sweepMs * (0.75 + chance.random() / 2);
    await leaving.sweep(this.lease.agentId).catch(() => undefined);
  }

  #hear(message: AgentMessage): void {
    if (message.type === "verdict-wanted") this.verdictWanted();
    if (message.type !== "agent-changed" && message.type !== "messages-lost") return;
    void this.#deps.credentials
      .newest(this.lease.agentId, { fresh: true })
      .then((current) => {
        // Only another sign-in, or another poller, makes the held poll worthless; a newer Guid does not.
        if (current?.signInId !== this.#agent?.signInId || current?.keepAlive !== "managed") this.#poll?.abort();
        if (current === null || (this.#agent !== null && !sameCredential(current, this.#agent))) this.#pace.wake();
        if (current !== null) this.#agent = current;
      })
      .catch(() => undefined);
  }
}
