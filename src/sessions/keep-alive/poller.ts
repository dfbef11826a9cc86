import { setTimeout as wait } from "node:timers/promises";
import { type Gateway, type GatewayEvent, Refusal } from "../../gateway/index.ts";
import type { SessionLog } from "../../log.ts";
import { type Credentials, sameCredential } from "../credentials.ts";
import type { Leaving } from "../leaving.ts";
import type { AgentSession } from "../model.ts";
import type { SignInLeases } from "../sign-in-lease.ts";
import type { AgentEvent, AgentMessage, EndReason, SessionStore, Unsubscribe } from "../stores/port.ts";
import { endReason, endsSession, type Verdicts } from "../verdict.ts";
import type { HeldLease } from "./held-lease.ts";

/** The slowest pace of a poller whose polls fail: far below the gateway's two minutes. */
const SLOWEST_MS = 5_000;
/** A single failed poll is a blink; from the second on the agent counts as unreachable. */
const FAILURES_TO_BE_UNREACHABLE = 2;
const MOST_UNDELIVERED = 256;
/** How often a store that is away is offered what the polls have brought: a minute in all, also past the lease's end. */
const LATE_DELIVERIES = 300;
const LATE_DELIVERY_MS = 200;
/** The bounds of the gateway's reference, page 1274. */
const SHORTEST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 500;

export interface PollerDeps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly credentials: Credentials;
  readonly leases: SignInLeases;
  readonly verdicts: Verdicts;
  readonly leaving: Leaving;
  readonly log: SessionLog;
  readonly now: () => number;
  readonly random: () => number;
  /** Pause between two polls, more or less. */
  readonly intervalMs: number;
  /** How long the gateway holds a poll without an event: 10 s. */
  readonly holdMs: number;
  readonly sweepMs: number;
}

/**
 * The event polls of one agent, one after the other: at once event source, heartbeat and bringer of new Guids. Runs
 * as long as its lease lasts, the agent is managed, and nobody stops it.
 */
export class Poller {
  readonly lease: HeldLease;
  readonly #deps: PollerDeps;
  #agent: AgentSession | null = null;
  /** Whose events wait to be delivered. */
  #signInId: string | undefined;
  #poll: AbortController | null = null;
  #failures = 0;
  #failingSince = 0;
  #refusedOnce = false;
  #nextSweep = 0;
  #stopping = false;
  #wake: (() => void) | null = null;
  /** No poll begins before this reading of `performance.now()`. */
  #notBefore: number;
  #listening = false;
  #unsubscribe: Unsubscribe = () => undefined;
  #undelivered: AgentEvent[] = [];
  #delivering = false;
  #deliveringLate = false;

  constructor(lease: HeldLease, deps: PollerDeps, firstPauseMs: number) {
    this.lease = lease;
    this.#deps = deps;
    this.#notBefore = performance.now() + firstPauseMs;
  }

  /** Resolves when the last poll is over, with true when a mistake of ours ended it. The lease is the caller's to release. */
  async run(): Promise<boolean> {
    try {
      while (!this.#stopping && this.lease.left() > 0) {
        this.#listen();
        const pauseMs = await this.#round();
        if (pauseMs === null) break;
        if (pauseMs > 0) await this.#pause(pauseMs);
      }
      return false;
    } catch (error) {
      this.#deps.log.keeperFailed(error);
      return true;
    } finally {
      this.#stopping = true;
      this.#unsubscribe();
      // Whoever polls next may do so as soon as the lease is let go: that must not be too soon for the gateway either.
      const early = this.#notBefore - performance.now();
      if (early > 0) await this.#pause(early);
    }
  }

  /** Begins no new poll. The one that is held goes on: its answer can carry a Guid. */
  stop(): void {
    this.#stopping = true;
    this.#wake?.();
  }

  /** Ends the held poll as well: the lease is over, or the answer is of no use to anybody. */
  abort(): void {
    this.stop();
    this.#poll?.abort();
  }

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
      agent = await credentials.newest(agentId, { fresh: true });
    } catch {
      agent = this.#agent; // the store is away: go on with what is known here
    }
    this.#agent = agent;
    this.#signInId = agent?.signInId ?? this.#signInId;
    if (agent === null || agent.keepAlive !== "managed") return null;
    if (leases.isHeldHere(agentId)) return Math.min(intervalMs, 50);
    if (this.#stopping || !this.lease.outlasts(holdMs)) return intervalMs;
    // Whatever cut the pause short, news or a request for a verdict: a poll is never hasty.
    const early = this.#notBefore - performance.now();
    if (early > 0) return early;

    try {
      const event = await this.#pollOnce(agent);
      this.#notBefore = performance.now() + this.#pauseMs();
      await this.#succeeded(agent, event);
    } catch (error) {
      // Also after an abort: the gateway may have answered, and the answer be on its way.
      this.#notBefore = performance.now() + intervalMs;
      if (this.#poll?.signal.aborted) return this.#stopping ? null : intervalMs;
      const pauseMs = await this.#failed(agent, error);
      await this.#sweep();
      return pauseMs;
    } finally {
      this.#poll = null;
    }
    await this.#sweep();
    return Math.max(0, this.#notBefore - performance.now());
  }

  /** A fifth more or less, so that agents polled from one moment on do not stay in step for ever. */
  #pauseMs(): number {
    const { intervalMs, random } = this.#deps;
    const pause = intervalMs * (0.8 + random() * 0.4);
    return Math.min(Math.max(pause, Math.min(intervalMs, SHORTEST_PAUSE_MS)), Math.max(intervalMs, LONGEST_PAUSE_MS));
  }

  async #pollOnce(agent: AgentSession): Promise<GatewayEvent | null> {
    const { gateway, credentials, holdMs } = this.#deps;
    const poll = new AbortController();
    this.#poll = poll;
    // Until the connection stands the process may have stood still, and another instance polls by then.
    const onReady = (): void => {
      if (!this.lease.outlasts(holdMs)) poll.abort();
    };
    return gateway.pollEvent(credentials.caller(agent), { timeoutMs: holdMs * 2, signal: poll.signal, onReady });
  }

  async #succeeded(agent: AgentSession, event: GatewayEvent | null): Promise<void> {
    const { now } = this.#deps;
    this.#failures = 0;
    this.#refusedOnce = false;
    if (agent.state === "unreachable") await this.#setState("active", now());
    if (event !== null)
      this.#undelivered.push({ type: event.type, at: new Date(now()).toISOString(), content: event.content });
    await this.#deliver();
    if (event?.type === "AgentOther_ShutdownService") await this.#endSignIn(agent);
  }

  async #failed(agent: AgentSession, error: unknown): Promise<number> {
    const { log, now, random, intervalMs, credentials } = this.#deps;
    const { agentId } = this.lease;
    if (error instanceof Refusal && endsSession(error)) {
      const newer = await credentials.newerThan(agent, 0).catch(() => "none" as const);
      if (newer !== "none") return intervalMs;
      const first = error.effect === "guid-refused" && !this.#refusedOnce;
      this.#refusedOnce = true;
      if (first) return intervalMs;
      await this.#end(agent, endReason(error));
    }
    log.pollFailed(agentId, error);
    this.#failures += 1;
    if (this.#failures === 1) this.#failingSince = now();
    if (this.#failures >= FAILURES_TO_BE_UNREACHABLE && agent.state === "active") {
      await this.#setState("unreachable", this.#failingSince);
    }
    const backoff = Math.min(SLOWEST_MS, intervalMs * 2 ** Math.min(this.#failures - 1, 10));
    return Math.max(intervalMs, backoff * (0.5 + random() / 2));
  }

  /** The holder's own call with its newest Guid was refused, or the gateway said that the agent is out. */
  async #end(agent: AgentSession, reason: EndReason): Promise<void> {
    // A sign-in or sign-out is under way, or the store is away: the next poll tells again.
    await this.#deps.verdicts.end(agent, reason).catch(() => undefined);
  }

  /** The sign-in is over with every Guid that it had, also the one that came with the event. */
  async #endSignIn(agent: AgentSession): Promise<void> {
    const newest = await this.#deps.credentials.newest(agent.agentId, { fresh: true }).catch(() => null);
    if (newest?.signInId === agent.signInId) await this.#end(newest, "agent-not-signed-in");
  }

  /** Events that the store could not take wait here in order, the oldest dropped past a bound. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      this.#undelivered.splice(0, this.#undelivered.length - MOST_UNDELIVERED);
      while (this.#undelivered[0] !== undefined) {
        await this.#deps.store.appendEvent(this.lease.agentId, this.#undelivered[0]);
        this.#undelivered.shift();
      }
    } catch {
      void this.#deliverLate();
    } finally {
      this.#delivering = false;
    }
  }

  /** The lease may have gone with the store; what its polls had brought is nobody else's to deliver. */
  async #deliverLate(): Promise<void> {
    if (this.#deliveringLate) return;
    this.#deliveringLate = true;
    const { credentials } = this.#deps;
    for (let attempt = 0; attempt < LATE_DELIVERIES && this.#undelivered.length > 0; attempt++) {
      await wait(LATE_DELIVERY_MS, undefined, { ref: false });
      const current = await credentials.newest(this.lease.agentId, { fresh: true }).catch(() => undefined);
      if (current === undefined) continue;
      if (current?.signInId !== this.#signInId) break;
      await this.#deliver();
    }
    this.#deliveringLate = false;
  }

  async #setState(state: "active" | "unreachable", since: number): Promise<void> {
    const { credentials, store, log } = this.#deps;
    const { agentId } = this.lease;
    try {
      const agent = await credentials.newest(agentId, { fresh: true });
      if (agent === null || agent.state === state) return;
      if ((await store.updateAgent({ ...agent, state, stateSince: since })) === null) return;
      log.agentState(agentId, state);
      await store.publish(agentId, { type: "agent-changed" });
    } catch {
      // The next poll says it again.
    }
  }

  async #sweep(): Promise<void> {
    const { sweepMs, leaving, random } = this.#deps;
    const now = performance.now();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + sweepMs * (0.75 + random() / 2);
    await leaving.sweep(this.lease.agentId).catch(() => undefined);
  }

  #hear(message: AgentMessage): void {
    if (message.type === "verdict-wanted") this.#wake?.();
    if (message.type !== "agent-changed" && message.type !== "messages-lost") return;
    void this.#deps.credentials
      .newest(this.lease.agentId, { fresh: true })
      .then((current) => {
        // Only another sign-in, or another poller, makes the held poll worthless; a newer Guid does not.
        if (current?.signInId !== this.#agent?.signInId || current?.keepAlive !== "managed") this.#poll?.abort();
        if (current === null || (this.#agent !== null && !sameCredential(current, this.#agent))) this.#wake?.();
      })
      .catch(() => undefined);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}
