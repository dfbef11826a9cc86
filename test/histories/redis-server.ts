import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentMessage, EventBounds } from "../../src/sessions/stores/agent-messages.ts";
import type { SeededChance } from "./chance.ts";
import { BEGIN } from "./host.ts";
import { Journal } from "./journal.ts";
import type { Keyring } from "./seals.ts";
import type { StoreCommand } from "./store-line.ts";
import { StoreModel, type StoreWatch } from "./store-model.ts";
import type { Timeline } from "./timeline.ts";

const A_MOMENT_MS = 0.001;

/** What becomes of a command that has arrived. */
type Fate = "done" | "refused" | "lost" | "unanswered";

/** One instance's connections, as the server sees them. */
export interface Client {
  /** What it seals and opens with. */
  readonly keys: Keyring;
  cut(how: "refused"): void;
  heal(): void;
  receive(agentId: AgentId, message: AgentMessage): void;
  invalidate(name: string): void;
}

interface Deps {
  readonly timeline: Timeline;
  readonly chance: SeededChance;
  readonly eventsKept: number;
  readonly eventBounds?: EventBounds | undefined;
  readonly watch?: StoreWatch | undefined;
  /** What leases and marks go by, in ms; the timeline's, unless given. */
  readonly now?: () => number;
  /** Epoch milliseconds. */
  readonly wall?: () => number;
}

/** Redis as a fleet meets it: one place, and everything that can be wrong with it and on the way to it. */
export class RedisServer {
  readonly model: StoreModel;
  /** `refusing` and `silent`: away. `full`: takes no write that needs memory. `read-only`: takes none at all. */
  mode: "well" | "refusing" | "silent" | "full" | "read-only" = "well";
  /** The most that one way takes, in ms. */
  slowness = 2;
  /** How probable it is that a command, or its answer, is lost. */
  losses = { commands: 0, answers: 0 };
  /** What becomes of messages: how many come late or twice. */
  messages = { late: 0, twice: 0 };
  /** Two whose messages do not reach each other, though both reach the store. */
  readonly apart = new Set<readonly [Client, Client]>();
  /** The key that the canary is sealed with. */
  canary: string | null = null;
  /** Whose command is carried out. */
  #speaker: Client | null = null;
  readonly #wires = new Set<Client>();
  /** When each hears the last of what was said to it: of one connection the first message comes first. */
  readonly #heardAt = new WeakMap<Client, number>();
  readonly #timeline: Timeline;
  readonly #chance: SeededChance;

  constructor({ timeline, chance, eventsKept, eventBounds, watch, now, wall }: Deps) {
    this.#timeline = timeline;
    this.#chance = chance;
    const time = now ?? (() => timeline.now);
    const publish = (agentId: AgentId, message: AgentMessage): void => this.#publish(agentId, message);
    this.model = new StoreModel({
      now: time,
      wall: wall ?? (() => BEGIN + timeline.now),
      journal: new Journal(() => timeline.now),
      eventsKept,
      eventBounds,
      publish,
      watch: {
        bound: (session, before) => {
          this.#invalidate(`session ${session.issuer} ${session.sessionId}`);
          watch?.bound(session, before);
        },
        deleted: (session) => {
          this.#invalidate(`session ${session.issuer} ${session.sessionId}`);
          watch?.deleted(session);
        },
        agentWritten: (agent, before) => {
          this.#invalidate(`agent ${agent.agentId}`);
          watch?.agentWritten(agent, before);
        },
        agentDeleted: (agent) => {
          this.#invalidate(`agent ${agent.agentId}`);
          watch?.agentDeleted(agent);
        },
      },
    });
  }

  readonly latency = (): number => this.#chance.between(0.1, this.slowness);

  enter(wire: Client): void {
    this.#wires.add(wire);
  }

  /** Carries out a command with the sender's keys. */
  carryOut<T>(command: StoreCommand<T>, by: Client): T {
    const { seals } = this.model;
    this.#speaker = by;
    seals.keys = by.keys;
    try {
      return command.run(this.model, this.mode === "full");
    } finally {
      this.#speaker = null;
      seals.keys = null;
    }
  }

  /** Each new connection looks whether the store is its installation's, and seals the canary anew. */
  admits({ keys }: Pick<Client, "keys">): boolean {
    if (this.canary !== null && !keys.includes(this.canary)) return false;
    this.canary = keys[0] ?? null;
    return true;
  }

  leave(wire: Client): void {
    this.#wires.delete(wire);
  }

  fateOf({ writes }: StoreCommand<unknown>): Fate {
    if (this.#chance.happens(this.losses.commands)) return "lost";
    if (this.mode === "read-only" && writes !== "no") return "refused";
    if (this.mode === "full" && writes === "more") return "refused";
    return this.#chance.happens(this.losses.answers) ? "unanswered" : "done";
  }

  /** It is well again: what stood before it comes through, or never. */
  heal(): void {
    this.mode = "well";
    for (const wire of this.#wires) wire.heal();
  }

  /** A replica takes over that has not seen the last `ms`. Answers with how many writes are lost. */
  promote(ms: number): number {
    const lost = this.model.journal.undoSince(this.#timeline.now - ms);
    for (const wire of this.#wires) {
      wire.cut("refused");
      this.#timeline.in(this.#chance.between(1, 50), () => wire.heal());
    }
    return lost;
  }

  #publish(agentId: AgentId, message: AgentMessage): void {
    const from = this.#speaker;
    const key = from?.keys[0];
    for (const wire of this.#wires) {
      // A message is sealed, too.
      if (key !== undefined && !wire.keys.includes(key)) continue;
      if (from !== null && this.#areApart(from, wire)) continue;
      const times = this.#chance.happens(this.messages.twice) ? 2 : 1;
      for (let time = 0; time < times; time++) {
        const hear = (): void => wire.receive(agentId, message);
        if (this.#chance.happens(this.messages.late)) this.#timeline.in(this.#chance.between(50, 3_000), hear);
        else this.#inTurn(wire, hear);
      }
    }
  }

  #inTurn(wire: Client, hear: () => void): void {
    const after = (this.#heardAt.get(wire) ?? 0) + A_MOMENT_MS;
    const at = Math.max(this.#timeline.now + this.latency(), after);
    this.#heardAt.set(wire, at);
    this.#timeline.at(at, hear);
  }

  #areApart(one: Client, other: Client): boolean {
    for (const [a, b] of this.apart) if ((a === one && b === other) || (a === other && b === one)) return true;
    return false;
  }

  #invalidate(name: string): void {
    for (const wire of this.#wires) this.#timeline.in(this.latency(), () => wire.invalidate(name));
  }
}
