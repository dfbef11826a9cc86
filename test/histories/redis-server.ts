import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentMessage } from "../../src/sessions/stores/port.ts";
import type { SeededChance } from "./chance.ts";
import type { StoreCommand } from "./store-line.ts";
import { StoreModel, type StoreWatch } from "./store-model.ts";
import type { Timeline } from "./timeline.ts";

/** What becomes of a command that has arrived. */
type Fate = "done" | "refused" | "lost" | "unanswered";

/** One instance's connections, as the server sees them. */
interface Client {
  cut(how: "refused"): void;
  heal(): void;
  receive(agentId: AgentId, message: AgentMessage): void;
  invalidate(name: string): void;
}

interface Deps {
  readonly timeline: Timeline;
  readonly chance: SeededChance;
  readonly eventsKept: number;
  readonly watch: StoreWatch;
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
  readonly #wires = new Set<Client>();
  readonly #timeline: Timeline;
  readonly #chance: SeededChance;

  constructor({ timeline, chance, eventsKept, watch }: Deps) {
    this.#timeline = timeline;
    this.#chance = chance;
    const publish = (agentId: AgentId, message: AgentMessage): void => this.#publish(agentId, message);
    this.model = new StoreModel({
      now: () => timeline.now,
      eventsKept,
      publish,
      watch: {
        bound: (session, before) => {
          this.#invalidate(`session ${session.issuer} ${session.sessionId}`);
          watch.bound(session, before);
        },
        deleted: (session) => {
          this.#invalidate(`session ${session.issuer} ${session.sessionId}`);
          watch.deleted(session);
        },
        agentWritten: (agent, before) => {
          this.#invalidate(`agent ${agent.agentId}`);
          watch.agentWritten(agent, before);
        },
        agentDeleted: (agent) => {
          this.#invalidate(`agent ${agent.agentId}`);
          watch.agentDeleted(agent);
        },
      },
    });
  }

  readonly latency = (): number => this.#chance.between(0.1, this.slowness);

  enter(wire: Client): void {
    this.#wires.add(wire);
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
    for (const wire of this.#wires) {
      const times = this.#chance.happens(this.messages.twice) ? 2 : 1;
      for (let time = 0; time < times; time++) {
        const late = this.#chance.happens(this.messages.late) ? this.#chance.between(50, 3_000) : 0;
        this.#timeline.in(this.latency() + late, () => wire.receive(agentId, message));
      }
    }
  }

  #invalidate(name: string): void {
    for (const wire of this.#wires) this.#timeline.in(this.latency(), () => wire.invalidate(name));
  }
}
