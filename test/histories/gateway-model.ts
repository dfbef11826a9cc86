import type { AgentId, GatewayEvent, Guid } from "../../src/gateway/index.ts";
import type { SeededChance } from "./chance.ts";
import type { Host } from "./host.ts";
import type { Timeline } from "./timeline.ts";

/** The gateway signs an agent out whom nobody has polled for so long. */
const FORGETS_MS = 120_000;
/** How long it holds a poll without an event. */
export const HOLD_MS = 10_000;

/** One sign-in of one agent, from its beginning to its end. */
export interface GatewaySignIn {
  readonly serial: number;
  readonly agentId: AgentId;
  /** Whose password it was. */
  readonly owner: string;
  /** By the fleet, and not past it. */
  readonly ours: boolean;
  readonly vdn: number;
  readonly at: number;
  /** All that it has had, the newest last. */
  readonly guids: Guid[];
  /** Replaced ones that are still taken, with the time until which they are. */
  readonly overlap: Map<Guid, number>;
  readonly loginTime: string;
  polledAt: number;
  /** The next answered poll brings a new Guid; null: not due. */
  rotation: { readonly overlapMs: number } | null;
  /** The answer with its newest Guid did not arrive: nobody can use it after the old one's time. */
  newestLost: boolean;
  /** Whom a poll has brought the newest, where one did. */
  newestWith: Host | null;
  /** It was told of its end, which comes within moments. */
  toldOut: boolean;
  /** Talks: is not signed out without force. */
  busy: boolean;
  readonly events: GatewayEvent[];
  /** Another program polls. */
  keptOutside: boolean;
  ended: { readonly at: number; readonly why: "signed-out" | "replaced" | "kicked" | "timed-out" } | null;
}

export interface HeldPoll {
  readonly agentId: AgentId;
  readonly by: string;
  /** Whether who asked has closed its connection, or is no more: true at once, whatever the gateway knows. */
  isGone(): boolean;
  /** Ends the holding: with a retcode, or with what there is. */
  wake(): void;
}

interface GatewayWatch {
  signedIn(signIn: GatewaySignIn, before: GatewaySignIn | null): void;
  ended(signIn: GatewaySignIn): void;
  /** A call has carried the Guid. */
  used(signIn: GatewaySignIn, guid: Guid): void;
  /** A poll has come in while others of the agent were open. */
  overlapped(agentId: AgentId, by: string, others: readonly HeldPoll[]): void;
}

/** What the gateway's reference says about Guids, polls and the two minutes: what a gateway does when a call arrives. */
export class GatewayModel {
  /** The sign-in that lasts, by agent. */
  readonly signIns = new Map<AgentId, GatewaySignIn>();
  readonly ofGuid = new Map<Guid, GatewaySignIn>();
  readonly vdns = new Map<AgentId, number>();
  readonly polls = new Map<AgentId, Set<HeldPoll>>();
  /** What each call is refused with instead, or null. */
  refuses: string | null = null;
  readonly #timeline: Timeline;
  readonly #chance: SeededChance;
  readonly #watch: GatewayWatch;
  #serial = 0;

  constructor(timeline: Timeline, chance: SeededChance, watch: GatewayWatch) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#watch = watch;
  }

  /** @returns the retcode of a refusal, or the sign-in */
  signIn(agentId: AgentId, owner: string, force: boolean, ours: boolean): GatewaySignIn | string {
    const before = this.current(agentId);
    if (before !== null && !force) return "100-002";
    if (before !== null) this.end(before, "replaced");
    this.#serial += 1;
    const { now } = this.#timeline;
    const signIn: GatewaySignIn = {
      serial: this.#serial,
      agentId,
      owner,
      ours,
      vdn: this.vdns.get(agentId) ?? 1,
      at: now,
      guids: [],
      overlap: new Map(),
      loginTime: String(1_790_000_000_000 + Math.round(now)),
      polledAt: now,
      rotation: null,
      newestLost: false,
      newestWith: null,
      toldOut: false,
      busy: false,
      events: [],
      keptOutside: !ours,
      ended: null,
    };
    this.signIns.set(agentId, signIn);
    this.newGuid(signIn);
    this.#watch.signedIn(signIn, before);
    return signIn;
  }

  newGuid(signIn: GatewaySignIn): Guid {
    const guid = `guid-${signIn.agentId}-${signIn.serial}-${signIn.guids.length + 1}` as Guid;
    signIn.guids.push(guid);
    this.ofGuid.set(guid, signIn);
    return guid;
  }

  /** The sign-in that lasts; one that was not polled for too long does not. */
  current(agentId: AgentId): GatewaySignIn | null {
    const signIn = this.signIns.get(agentId) ?? null;
    if (signIn === null) return null;
    const held = (this.polls.get(agentId)?.size ?? 0) > 0 || signIn.keptOutside;
    if (held || this.#timeline.now - signIn.polledAt < FORGETS_MS) return signIn;
    this.end(signIn, "timed-out", signIn.polledAt + FORGETS_MS);
    return null;
  }

  end(signIn: GatewaySignIn, why: NonNullable<GatewaySignIn["ended"]>["why"], at = this.#timeline.now): void {
    if (signIn.ended !== null) return;
    signIn.ended = { at, why };
    if (this.signIns.get(signIn.agentId) === signIn) this.signIns.delete(signIn.agentId);
    this.#watch.ended(signIn);
    for (const poll of this.polls.get(signIn.agentId) ?? []) poll.wake();
  }

  /** The sign-in that the Guid may speak for, or the retcode of the refusal. */
  authenticate(agentId: AgentId, guid: Guid): GatewaySignIn | string {
    const signIn = this.current(agentId);
    if (signIn === null) return "100-006";
    this.#watch.used(signIn, guid);
    if (this.refuses !== null) return this.refuses;
    if (signIn.guids.at(-1) === guid) return signIn;
    return (signIn.overlap.get(guid) ?? 0) > this.#timeline.now ? signIn : "000-003";
  }

  /** What an answered poll does: it keeps the agent signed in, and brings a new Guid when one is due. */
  keptAlive(signIn: GatewaySignIn): Guid | null {
    signIn.polledAt = this.#timeline.now;
    if (signIn.rotation === null) return null;
    const { overlapMs } = signIn.rotation;
    signIn.rotation = null;
    const old = signIn.guids.at(-1) as Guid;
    if (overlapMs > 0) signIn.overlap.set(old, this.#timeline.now + overlapMs);
    else signIn.overlap.clear();
    return this.newGuid(signIn);
  }

  tell(signIn: GatewaySignIn, event: GatewayEvent): void {
    signIn.events.push(event);
    for (const poll of this.polls.get(signIn.agentId) ?? []) poll.wake();
  }

  rotate(signIn: GatewaySignIn, overlapMs: number, atOnce: boolean): void {
    signIn.rotation = { overlapMs };
    if (atOnce) for (const poll of this.polls.get(signIn.agentId) ?? []) poll.wake();
  }

  /** A poll has arrived. */
  enter(poll: HeldPoll): void {
    const open = this.polls.get(poll.agentId) ?? new Set();
    const others = [...open].filter((one) => !one.isGone());
    if (others.length > 0) this.#watch.overlapped(poll.agentId, poll.by, others);
    this.polls.set(poll.agentId, open.add(poll));
  }

  leave(poll: HeldPoll): void {
    this.polls.get(poll.agentId)?.delete(poll);
  }

  /** One way, in ms. */
  latency(): number {
    return this.#chance.between(0.5, 8);
  }
}
