import type { AgentId } from "../../src/gateway/identifiers.ts";
import type { AgentMessage, Unsubscribe } from "../../src/sessions/stores/agent-messages.ts";
import { Listeners } from "../../src/sessions/stores/listeners.ts";
import { StoreFault, storeUnavailable } from "../../src/sessions/stores/unavailable.ts";
import type { Host } from "./host.ts";
import type { Keyring } from "./seals.ts";
import type { Owner, SqliteFile } from "./sqlite-file.ts";
import type { StoreCommand, StoreWire } from "./store-line.ts";

/** Commands that go to the file; whatever else the store does stays in the process. */
const TO_THE_FILE = new Set(["bind", "touch", "delete", "revoke", "revoke-subject", "create", "update", "ping-write"]);
/** The one write that a power cut may take, as the adapter has it. */
const NOT_WAITED_FOR = "touch";
/** Nobody uses a Guid that is not on the disk. */
const READS_AGENTS = new Set(["get", "agents", "agent-and-holder"]);

interface Deps {
  readonly host: Host;
  readonly file: SqliteFile;
  readonly keys: Keyring;
  readonly tell: (line: () => string) => void;
}

/** One process and its file: a command is carried out at once, and answered when the disk has it. */
export class SqliteWire implements StoreWire, Owner {
  commands = 0;
  /** Commands that wait for their answer. */
  open = 0;
  /** Who listens through it. */
  listening = 0;
  readonly name: string;
  readonly keys: Keyring;
  readonly host: Host;
  readonly #file: SqliteFile;
  readonly #tell: Deps["tell"];
  readonly #listeners = new Listeners();
  /** What waits for the disk, by what it is about. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #failing = new Set<(error: unknown) => void>();
  #failed = false;
  #closed = false;

  constructor({ host, file, keys, tell }: Deps) {
    this.host = host;
    this.name = host.name;
    this.keys = keys;
    this.#file = file;
    this.#tell = tell;
    file.enter(this);
  }

  readonly machineTime = (): number => this.host.clock.wall();

  ask<T>(command: StoreCommand<T>): Promise<T> {
    // What a process that is no more had still begun, it never did.
    return this.host.isAlive ? this.#ask(command) : new Promise<never>(() => undefined);
  }

  async #ask<T>(command: StoreCommand<T>): Promise<T> {
    const { name, about } = command;
    this.commands += 1;
    this.open += 1;
    try {
      if (READS_AGENTS.has(name)) {
        for (const [what, written] of this.#underWay) if (isAbout(about, what)) await written.catch(() => undefined);
      }
      this.#refuseIfUnable(command);
      const value = this.#file.carryOut(() => command.run(this.#file.model, false), this);
      this.#tell(() => `  store: ${name} ${about} of ${this.name} → ${JSON.stringify(value) ?? "nothing"}`);
      if (TO_THE_FILE.has(name) && name !== NOT_WAITED_FOR) await this.#written(about);
      return value;
    } finally {
      this.open -= 1;
    }
  }

  async listen(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    this.#listeners.add(agentId, listener);
    this.listening += 1;
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

  deliver(agentId: AgentId, message: AgentMessage): void {
    this.#listeners.deliver(agentId, message);
  }

  diskFailed(): void {
    this.#failed = true;
    const waiting = [...this.#failing];
    this.#failing.clear();
    this.host.reach(() => {
      for (const fail of waiting) fail(unavailable("DISK_FAILED"));
    });
  }

  readonly cached = (): undefined => undefined;
  readonly keep = (): void => undefined;
  readonly drop = (): void => undefined;

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }

  #refuseIfUnable({ name }: StoreCommand<unknown>): void {
    if (this.#closed) throw unavailable("CLOSED");
    if (this.#failed && name !== "publish") throw unavailable("DISK_FAILED");
    if (this.#file.mode === "full" && TO_THE_FILE.has(name)) throw unavailable("SQLITE_FULL");
  }

  #written(about: string): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#failing.add(reject);
      this.#file.written(() => {
        this.#failing.delete(reject);
        this.host.reach(resolve);
      });
    });
    this.#underWay.set(about, written);
    const over = (): void => {
      if (this.#underWay.get(about) === written) this.#underWay.delete(about);
    };
    written.then(over, over);
    return written;
  }
}

/** Whether a read is about an agent whose record is under way: `agent 20001`. */
function isAbout(read: string, underWay: string): boolean {
  if (!underWay.startsWith("agent ")) return false;
  return read === underWay || read.split(" ").includes(underWay.slice("agent ".length));
}

const unavailable = (code: string) => storeUnavailable(new StoreFault(code, "a history has it so"));
