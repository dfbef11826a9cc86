import type { AgentId } from "../../src/gateway/index.ts";
import type { AgentSession, AppSession, EndReason } from "../../src/sessions/model.ts";
import type { SessionOptions } from "../../src/sessions/options.ts";
import type { GatewayModel, GatewaySignIn } from "./gateway-model.ts";
import type { Sight } from "./sight.ts";
import { subjectName } from "./sight.ts";
import { sessionName } from "./store-model.ts";
import type { Timeline } from "./timeline.ts";
import type { Violate } from "./verdict.ts";
import type { Weather } from "./weather.ts";

/** How long what somebody has asked for may take, leases and waiting included. */
const LATELY_MS = 90_000;
/** With nothing wrong for so long, no agent is left unpolled: a lease, and the rounds in which another claims it. */
const CHANCE_MS = 45_000;

interface Deps {
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly sight: Sight;
  readonly gateway: () => GatewayModel;
  readonly recordOf: (session: AppSession) => AgentSession | null;
  /** What the store has of an agent now. */
  readonly stored: (agentId: AgentId) => AgentSession | null;
  readonly config: SessionOptions;
  readonly violate: Violate;
}

/** Why sessions and sign-ins end, and whether the audit says so: each end has a cause, and each deletion its line. */
export class Ends {
  readonly #deps: Deps;
  /** When somebody asked last, by what was asked for whom. */
  readonly #asked = new Map<string, number>();
  readonly #used = new Map<string, number>();
  /** Deleted by somebody who has not said so yet. */
  readonly #unsaid = new Map<string, { readonly session: AppSession; readonly at: number }>();
  readonly #said = new Set<string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @param what `leave`, `revoke`, `force`; `whom` a session's name, a subject's or an agent's */
  asked(what: "leave" | "revoke" | "force", whom: string): void {
    this.#asked.set(`${what} ${whom}`, this.#deps.timeline.now);
  }

  /** A request of the session was answered well: it was used when that was asked. */
  used(name: string, at: number): void {
    this.#used.set(name, Math.max(at, this.#used.get(name) ?? 0));
  }

  deleted(session: AppSession): void {
    if (!this.#said.has(session.bindingId)) {
      this.#unsaid.set(session.bindingId, { session, at: this.#deps.timeline.now });
    }
  }

  /** The audit line of an end. */
  said(session: AppSession, reason: EndReason, by: string): void {
    const { violate } = this.#deps;
    const name = sessionName(session);
    if (this.#said.has(session.bindingId)) violate("said-twice", `${by} says again that session ${name} has ended`);
    // Of a deletion that the store has lost since: it may end once more.
    if (this.#deps.sight.of(session)?.endedAt !== null) this.#said.add(session.bindingId);
    this.#unsaid.delete(session.bindingId);
    const why = this.#unfounded(session, reason);
    if (why !== null)
      violate(
        `unfounded-${reason}`,
        `${by} ended session ${name} of agent ${session.agentId} as ${reason}, but ${why}`,
      );
  }

  /** A store that has gone back has deleted nothing. */
  storeWentBack(): void {
    this.#unsaid.clear();
    this.#said.clear();
  }

  /** At the end of a history: every deletion in calm times has had its line. */
  finish(): void {
    const { weather, violate } = this.#deps;
    for (const { session, at } of this.#unsaid.values()) {
      if (!weather.wasCalm(at - 3_000, at + 3_000)) continue;
      violate("unsaid", `session ${sessionName(session)} was deleted, and no line says so`);
    }
  }

  /** The gateway has signed an agent out for want of polls. */
  timedOut(signIn: GatewaySignIn): void {
    const { weather, sight, timeline, violate } = this.#deps;
    const at = signIn.ended?.at ?? timeline.now;
    if (signIn.newestLost || weather.longestCalm(at - 120_000, at) < CHANCE_MS) return;
    for (const { session, from } of sight.living()) {
      if (session.agentId !== signIn.agentId) continue;
      // A promoted replica may have lost the record, and with it whoever would poll.
      const record = this.#deps.stored(signIn.agentId);
      if (record?.recordId !== session.recordId || record.keepAlive !== "managed") continue;
      if (record.guid !== signIn.guids.at(-1) || from > at - CHANCE_MS) continue;
      violate(
        "starved",
        `agent ${signIn.agentId} was signed out for want of polls, and nothing was wrong for ${CHANCE_MS} ms`,
      );
    }
  }

  #unfounded(session: AppSession, reason: EndReason): string | null {
    switch (reason) {
      case "signed-out":
        return this.#lately("leave", sessionName(session)) ? null : "nobody signed out";
      case "revoked":
        return this.#lately("revoke", session.sessionId) || this.#lately("revoke", subjectName(session))
          ? null
          : "nobody revoked it";
      case "forced-out":
        return this.#lately("force", session.agentId) ? null : "nobody forced it";
      case "idle":
      case "too-old":
        return this.#untimely(session, reason);
      case "session-expired":
      case "agent-not-signed-in":
        return this.#stillIn(session);
      case "replaced":
        return null;
    }
  }

  #lately(what: string, whom: string | AgentId): boolean {
    const { weather } = this.#deps;
    // Who stood still for longer than its lease goes on where it was: nothing that it writes is fenced.
    if (Math.min(weather.since("standing still"), weather.since("clocks stood still")) < LATELY_MS) return true;
    const at = this.#asked.get(`${what} ${whom}`);
    return at !== undefined && this.#deps.timeline.now - at < LATELY_MS;
  }

  #untimely(session: AppSession, reason: "idle" | "too-old"): string | null {
    const { weather, timeline, sight, config } = this.#deps;
    // Clocks that are wrong are another matter; those of a machine that has stood still stay behind.
    if (weather.seen.has("clock leap") || weather.seen.has("clocks stood still")) return null;
    const from = sight.of(session)?.from ?? 0;
    const age = timeline.now - from;
    if (reason === "too-old") return age < config.maxMs - 5_000 ? `it is ${Math.round(age)} ms old` : null;
    const used = Math.max(from, this.#used.get(sessionName(session)) ?? 0);
    // Its use may have been written down a quarter of the idle time before, or could not be.
    const unused = timeline.now - used;
    const least = config.idleMs * 0.75 - 3_000;
    if (unused >= least || !weather.wasCalm(used - 30_000, timeline.now)) return null;
    return `it was used ${Math.round(unused)} ms ago`;
  }

  /** Whether the gateway knows the very Guid that is stored, and never refused it for long. */
  #stillIn(session: AppSession): string | null {
    const { gateway, weather, recordOf } = this.#deps;
    const record = recordOf(session);
    const signIn = record === null ? undefined : gateway().ofGuid.get(record.guid);
    if (record === null || signIn === undefined || signIn.ended !== null || signIn.toldOut || signIn.newestLost)
      return null;
    if (record.guid !== signIn.guids.at(-1) && !this.#isKept(signIn)) return null;
    // With the lease of whoever was deciding lost, two have decided.
    if (weather.since("promotion") < LATELY_MS) return null;
    // Who lacks the key of what the others seal cannot write the Guid that it alone was given, nor leave it to them.
    if (weather.since("keys at once") < LATELY_MS) return null;
    if (gateway().current(signIn.agentId) !== signIn || weather.since("gateway refuses for long") < 15_000) return null;
    return `the gateway still takes ${signIn.guids.at(-1)}`;
  }

  /** Whether an instance has the newest Guid in memory, and has had the time to write it or to use it. */
  #isKept({ newestWith }: GatewaySignIn): boolean {
    const { weather, timeline, config } = this.#deps;
    if (newestWith === null || !newestWith.runs) return false;
    if (newestWith.cutOff !== null) {
      const { from, until } = newestWith.cutOff;
      const ended = until ?? timeline.now;
      // Its lease, renewed when a third of it is over, may have ended meanwhile: who polls after it knows no newer Guid.
      if (ended - from >= (config.leaseMs * 2) / 3 && timeline.now - ended < LATELY_MS) return false;
    }
    return Math.min(weather.since("standing still"), weather.since("clocks stood still")) > LATELY_MS;
  }
}
