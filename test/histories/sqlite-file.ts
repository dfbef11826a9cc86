import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentMessage, EventBounds } from "../../src/sessions/stores/agent-messages.ts";
import type { SeededChance } from "./chance.ts";
import { BEGIN, type Host } from "./host.ts";
import { Journal } from "./journal.ts";
import type { Keyring } from "./seals.ts";
import { StoreModel, type StoreWatch } from "./store-model.ts";
import type { Timeline } from "./timeline.ts";

/** The process that has opened the file. */
export interface Owner {
  readonly host: Host;
  readonly keys: Keyring;
  deliver(agentId: AgentId, message: AgentMessage): void;
  diskFailed(): void;
}

interface Deps {
  readonly timeline: Timeline;
  readonly chance: SeededChance;
  readonly eventsKept: number;
  readonly eventBounds?: EventBounds | undefined;
  readonly watch?: StoreWatch | undefined;
}

/**
 * A file of sqlite with one process on it, and the disk below. What is committed is in the machine's memory until an fsync
 * that began later is over: a killed process loses nothing of it, a machine without power does.
 */
export class SqliteFile {
  readonly model: StoreModel;
  /** `full`: takes no write. `failing`: the next fsync fails, and the process can use the file no more. */
  mode: "well" | "full" | "failing" = "well";
  /** The most that an fsync takes, in ms. */
  slowness = 15;
  #owner: Owner | null = null;
  readonly #timeline: Timeline;
  readonly #chance: SeededChance;
  #waiting: (() => void)[] = [];
  #syncing = false;

  constructor({ timeline, chance, eventsKept, eventBounds, watch }: Deps) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.model = new StoreModel({
      now: () => this.#owner?.host.clock.monotonic() ?? 0,
      wall: () => this.#owner?.host.clock.wall() ?? BEGIN,
      journal: new Journal(() => timeline.now, Number.POSITIVE_INFINITY),
      eventsKept,
      eventBounds,
      publish: (agentId, message) => this.#owner?.deliver(agentId, message),
      watch,
    });
  }

  /** A process opens it, and brings under its newest key what it finds. */
  enter(owner: Owner): void {
    this.#owner = owner;
    this.carryOut(() => this.model.sealAnew(), owner);
  }

  carryOut<T>(work: () => T, { keys }: Owner): T {
    const { seals } = this.model;
    seals.keys = keys;
    try {
      return work();
    } finally {
      seals.keys = null;
    }
  }

  /** Calls when all that is committed by now is on the disk: one fsync for all who wait, and those who come later wait for the next. */
  written(done: () => void): void {
    this.#waiting.push(done);
    this.#sync();
  }

  /** The process has ended, however it did. What it kept in memory is gone; what it has committed is not. */
  leave(owner: Owner): void {
    if (this.#owner !== owner) return;
    this.#owner = null;
    this.#waiting = [];
    this.model.forgetWhatIsInMemory();
  }

  /** The machine has lost its power. The log is good up to some commit after the last fsync. Answers with how many writes are lost. */
  losePower(): number {
    const lost = this.#chance.below(this.model.journal.unsure + 1);
    const undone = this.model.journal.undoLast(lost);
    this.model.journal.keepUpTo(this.model.journal.place);
    // Leases and the like were never in the file.
    this.model.forgetWhatIsInMemory();
    return undone;
  }

  #sync(): void {
    if (this.#syncing || this.#waiting.length === 0) return;
    this.#syncing = true;
    const [served, place] = [this.#waiting, this.model.journal.place];
    this.#waiting = [];
    this.#timeline.in(this.#chance.between(0.5, this.slowness), () => {
      this.#syncing = false;
      if (this.mode === "failing") this.#owner?.diskFailed();
      else {
        this.model.journal.keepUpTo(place);
        for (const done of served) done();
      }
      this.#sync();
    });
  }
}
