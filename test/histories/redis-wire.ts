import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentMessage, Unsubscribe } from "../../src/sessions/stores/agent-messages.ts";
import { Listeners } from "../../src/sessions/stores/listeners.ts";
import { StoreFault, storeUnavailable } from "../../src/sessions/stores/unavailable.ts";
import type { SeededChance } from "./chance.ts";
import type { Host } from "./host.ts";
import type { RedisServer } from "./redis-server.ts";
import type { Keyring } from "./seals.ts";
import type { StoreCommand, StoreWire } from "./store-line.ts";
import type { Timeline } from "./timeline.ts";

/** After this a command counts as unanswered, as the adapter has it. */
const COMMAND_MS = 1_500;
/** For how long what was read is believed without a word from Redis, as the adapter has it. */
const BELIEVED_MS = 15_000;

interface Deps {
  readonly host: Host;
  readonly server: RedisServer;
  readonly keys: Keyring;
  readonly timeline: Timeline;
  readonly chance: SeededChance;
  readonly tell: (line: () => string) => void;
}

/** One instance's connections to Redis: for commands, for tracked reads and for messages. */
export class RedisWire implements StoreWire {
  /** `refused`: at once. `silent`: nothing comes through, and nobody says so. */
  reach: "well" | "refused" | "silent" = "well";
  commands = 0;
  readonly name: string;
  readonly keys: Keyring;
  /** Commands that wait for their answer. */
  open = 0;
  /** Who listens through it. */
  listening = 0;
  #closed = false;
  /** Each time that they are lost: what was asked before is answered no more. */
  #connection = 0;
  readonly #deps: Deps;
  readonly #listeners = new Listeners();
  readonly #cache = new Map<string, { readonly value: unknown; readonly until: number }>();
  readonly #lastArrival = { commands: 0, reads: 0 };
  readonly #lastAnswer = { commands: 0, reads: 0 };
  /** What was sent while nothing came through: it may come through later. */
  #stuck: (() => void)[] = [];
  #hears = true;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.name = deps.host.name;
    this.keys = deps.keys;
    deps.server.enter(this);
    if (deps.server.admits(this)) this.#sealAnew();
    else this.reach = "refused";
  }

  get isAlive(): boolean {
    return this.#deps.host.isAlive;
  }

  ask<T>(command: StoreCommand<T>): Promise<T> {
    const { host, server, timeline, chance, tell } = this.#deps;
    if (!host.isAlive) return new Promise<never>(() => undefined);
    if (this.#closed) return Promise.reject(unavailable("CLOSED"));
    this.commands += 1;
    this.open += 1;
    return new Promise<T>((done, fail) => {
      let settled = false;
      const settle = (end: () => void): void => {
        if (!settled) this.open -= 1;
        settled = true;
        end();
      };
      const resolve = (value: T): void => settle(() => done(value));
      const reject = (error: unknown): void => settle(() => fail(error));
      if (this.reach === "refused" || server.mode === "refusing") {
        host.clock.after(chance.between(0.1, 1), () => reject(unavailable("ECONNREFUSED")));
        return;
      }
      const giveUp = host.clock.after(COMMAND_MS, () => reject(unavailable("NO_ANSWER")));
      const connection = this.#connection;
      const answer = (end: () => void): void => {
        const at = Math.max(this.#lastAnswer[command.link], timeline.now + server.latency());
        this.#lastAnswer[command.link] = at;
        timeline.at(at, () => {
          if (this.reach !== "well") return;
          host.reach(() => {
            giveUp();
            if (connection === this.#connection) end();
            else reject(unavailable("ECONNRESET"));
          });
        });
      };
      const arrive = (): void => {
        if (this.reach === "silent" || server.mode === "silent") return void this.#stuck.push(arrive);
        const fate = server.fateOf(command);
        if (fate === "lost") return;
        if (fate === "refused") {
          answer(() => reject(unavailable(server.mode === "full" ? "OOM" : "READONLY")));
          return;
        }
        let value: T;
        try {
          value = server.carryOut(command, this);
        } catch (error) {
          tell(() => `  store: ${command.name} ${command.about} of ${host.name} cannot be read`);
          if (fate === "done") answer(() => reject(error));
          return;
        }
        tell(
          () =>
            `  store: ${command.name} ${command.about} of ${host.name} → ${told(value)}${fate === "unanswered" ? ", unanswered" : ""}`,
        );
        if (fate === "done") answer(() => resolve(value));
      };
      const at = Math.max(this.#lastArrival[command.link], timeline.now + server.latency());
      this.#lastArrival[command.link] = at;
      timeline.at(at, arrive);
    });
  }

  async listen(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    this.#listeners.add(agentId, listener);
    this.listening += 1;
    try {
      await this.ask({ name: "subscribe", about: agentId, writes: "no", link: "commands", run: () => undefined });
    } catch (error) {
      this.#forget(agentId, listener);
      throw error;
    }
    let left = false;
    return () => {
      if (!left) this.#forget(agentId, listener);
      left = true;
    };
  }

  #forget(agentId: AgentId, listener: (message: AgentMessage) => void): void {
    this.listening -= 1;
    this.#listeners.remove(agentId, listener);
  }

  /** From the server: a message that was published. */
  receive(agentId: AgentId, message: AgentMessage): void {
    if (this.reach !== "well" || !this.#hears) return;
    this.#deps.host.reach(() => this.#listeners.deliver(agentId, message));
  }

  /** From the server: a record has changed. */
  invalidate(name: string): void {
    if (this.reach === "well") this.#deps.host.reach(() => this.#cache.delete(name));
  }

  /** Nothing comes through any more. */
  cut(how: "refused" | "silent"): void {
    const { host, timeline } = this.#deps;
    if (this.reach === "well") host.cutOff = { from: timeline.now, until: null };
    this.reach = how;
    if (how !== "refused") return;
    this.#connection += 1;
    host.reach(() => this.#cache.clear());
  }

  /** What was sent meanwhile comes through after all, or never; messages of that time are lost. */
  heal(): void {
    if (!this.isAlive) return;
    if (!this.#deps.server.admits(this)) {
      this.cut("refused");
      return;
    }
    this.reach = "well";
    if (this.#deps.host.cutOff !== null) this.#deps.host.cutOff.until ??= this.#deps.timeline.now;
    this.release();
    this.#hearAgain();
    this.#sealAnew();
  }

  /** The server answers again. */
  release(): void {
    const { chance, timeline, server } = this.#deps;
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const arrive of stuck) if (chance.happens(0.5)) timeline.in(server.latency(), arrive);
  }

  /** The connection for messages alone is lost, and another one stands after `ms`. */
  missMessages(ms: number): void {
    this.#hears = false;
    this.#deps.timeline.in(ms, () => {
      this.#hears = true;
      if (this.reach === "well") this.#hearAgain();
    });
  }

  /** What it finds comes under the newest key, beside its other work. */
  #sealAnew(): void {
    const { host, timeline, chance } = this.#deps;
    if (this.keys.length === 1) return;
    const command: StoreCommand<number> = {
      name: "seal-anew",
      about: "all records",
      writes: "more",
      link: "commands",
      run: (model) => model.sealAnew(),
    };
    const again = (): void => {
      timeline.in(chance.between(50, 1_500), () => {
        if (host.isAlive && !this.#closed) host.reach(() => void this.ask(command).catch(again));
      });
    };
    again();
  }

  #hearAgain(): void {
    this.#deps.host.reach(() => {
      this.#cache.clear();
      for (const agentId of this.#listeners.agentIds()) this.#listeners.deliver(agentId, { type: "messages-lost" });
    });
  }

  readonly cached = <T>(name: string): T | undefined => {
    const found = this.#cache.get(name);
    return found !== undefined && this.#deps.host.clock.monotonic() < found.until ? (found.value as T) : undefined;
  };
  readonly keep = (name: string, value: unknown): void => {
    this.#cache.set(name, { value, until: this.#deps.host.clock.monotonic() + BELIEVED_MS });
  };
  readonly drop = (name: string): void => {
    this.#cache.delete(name);
  };

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#deps.server.leave(this);
  }
}

const unavailable = (code: string) => storeUnavailable(new StoreFault(code, "a history has it so"));

function told(value: unknown): string {
  if (value instanceof Map) return JSON.stringify([...value.keys()]);
  return JSON.stringify(value) ?? "nothing";
}
