import type { Chance, Clock } from "../../clock.ts";
import { StoreFault, StoreRefused, storeUnavailable } from "../unavailable.ts";
import { within } from "./deadline.ts";
import { backOff, type Connection, type Dial } from "./dial.ts";
import { connectionIsToBlame, faultOf } from "./faults.ts";
import type { Invalidations } from "./record-cache.ts";
import { readHashes } from "./scripts.ts";

/** A healthy Redis answers within a few milliseconds; a client is told 503 rather than kept waiting. */
const COMMAND_MS = 1_500;
/** Keys asked for at once: Redis serves nobody else meanwhile. */
const MOST_AT_ONCE = 500;

interface LinkOptions {
  readonly clock: Clock;
  readonly chance: Pick<Chance, "random">;
  readonly dial: Dial;
  readonly invalidations?: Invalidations;
  /** Never two connections at once, so that no message arrives twice. */
  readonly exclusive?: boolean;
  /** Called with each new connection before it is used; what it throws, the commands that wait for a connection fail with. */
  readonly prepare?: (connection: Connection) => Promise<void>;
  /** How long that may take. */
  readonly prepareMs?: number;
  /** Called when a connection is there, the first or another one. */
  readonly onConnected?: () => void;
  /** Called with each connection that was dialled in vain. */
  readonly onTrouble?: (fault: StoreFault) => void;
}

/**
 * Keeps one connection to Redis. Without one, every command fails at once; a command without an answer fails after
 * 1.5 s. Either way another connection is dialled, for as long as it takes, and the old one serves until then: in a
 * cluster one silent node does not take the others with it.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #dialling: Promise<void> | undefined;
  readonly #retired = new Set<Connection>();
  #trouble = new StoreFault("CONNECTING", "not connected yet");

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * Settles with the first attempt to connect, within a few seconds. When it fails, others follow.
   *
   * @throws {@link StoreRefused} where trying again does not help
   */
  async start(): Promise<void> {
    try {
      this.#replace(await this.#connect());
    } catch (error) {
      if (error instanceof StoreRefused) throw error;
      this.#dialledInVain(error);
      this.#redial();
    }
  }

  /** @throws `session-store-unavailable`, with a {@link StoreFault} as its cause */
  send(key: string, args: readonly string[]): Promise<unknown> {
    return this.use((connection) => connection.send(key, args));
  }

  /** Runs a script on `keys`, all of one slot. */
  run(script: string, keys: readonly [string, ...string[]], args: readonly (string | number)[]): Promise<unknown> {
    return this.send(keys[0], ["EVAL", script, String(keys.length), ...keys, ...args.map(String)]);
  }

  /** The names of the keys that match, in portions. */
  async *scan(pattern: string): AsyncGenerator<readonly string[]> {
    let portions: AsyncIterator<readonly string[]> | undefined;
    for (;;) {
      const portion = await this.use((connection) => {
        portions ??= connection.scan(pattern)[Symbol.asyncIterator]();
        return portions.next();
      });
      if (portion.done) return;
      yield portion.value;
    }
  }

  /** The values of several keys, in order. */
  getMany(keys: readonly string[]): Promise<unknown[]> {
    return this.#inChunks(keys, (connection, chunk) => connection.getMany(chunk));
  }

  /** What a script answers with for each of several keys, in order. It is given `shared`, then what each key has of its `own`. */
  runEach(
    script: string,
    keys: readonly string[],
    shared: readonly string[],
    own: readonly string[] = [],
  ): Promise<unknown[]> {
    return this.#inChunks(keys, (connection, chunk, from) =>
      connection.runEach(script, chunk, shared, own.slice(from, from + chunk.length)),
    );
  }

  /** The fields of several hashes, in order: null for what is not there, an empty list for what is no hash. */
  async hashes(keys: readonly string[], fields: readonly string[]): Promise<(readonly unknown[] | null)[]> {
    const found = await this.runEach(readHashes, keys, fields);
    return found.map((values) => {
      if (!Array.isArray(values)) return [];
      return values.length > 0 && values.every((value) => value === null) ? null : values;
    });
  }

  async #inChunks(
    keys: readonly string[],
    read: (connection: Connection, chunk: readonly string[], from: number) => Promise<unknown[]>,
  ): Promise<unknown[]> {
    const chunks: Promise<unknown[]>[] = [];
    for (let at = 0; at < keys.length; at += MOST_AT_ONCE) {
      chunks.push(this.use((connection) => read(connection, keys.slice(at, at + MOST_AT_ONCE), at)));
    }
    return (await Promise.all(chunks)).flat();
  }

  async use<T>(action: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === undefined) throw storeUnavailable(this.#trouble);
    try {
      return await within(this.#options.clock, COMMAND_MS, action(connection));
    } catch (error) {
      if (connectionIsToBlame(error)) this.#redial();
      throw storeUnavailable(faultOf(error));
    }
  }

  async close(): Promise<void> {
    this.#trouble = new StoreFault("CLOSED", "the store is closed");
    this.#closing.abort();
    this.#connection?.destroy();
    this.#connection = undefined;
    for (const connection of this.#retired) connection.destroy();
    await this.#dialling;
  }

  #redial(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#options.exclusive) {
      this.#connection?.destroy();
      this.#connection = undefined;
    }
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = undefined;
    });
  }

  async #dial(): Promise<void> {
    const { clock, chance } = this.#options;
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        this.#replace(await this.#connect());
        return;
      } catch (error) {
        this.#dialledInVain(error);
      }
      await clock.wait(backOff(attempt, chance), signal).catch(() => undefined);
    }
  }

  #dialledInVain(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#trouble = faultOf(error);
    this.#options.onTrouble?.(this.#trouble);
  }

  async #connect(): Promise<Connection> {
    const { dial, invalidations, prepare, prepareMs = COMMAND_MS, clock, chance } = this.#options;
    const { signal } = this.#closing;
    let connection: Connection | undefined;
    let lost = false;
    const onLost = () => {
      lost = true;
      if (connection === undefined || this.#connection !== connection) return;
      this.#connection = undefined;
      this.#trouble = new StoreFault("CONNECTION_LOST", "Redis is away: the connection was lost");
      this.#redial();
    };
    connection = await dial({ clock, chance, ...(invalidations ? { invalidations } : {}), onLost, signal });
    try {
      if (prepare !== undefined) await within(clock, prepareMs, prepare(connection));
      if (lost || signal.aborted) throw new ConnectionLost();
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  #replace(connection: Connection): void {
    const before = this.#connection;
    this.#connection = connection;
    // What was read over the old connection is tracked for the old connection.
    this.#options.invalidations?.invalidate(null);
    this.#options.onConnected?.();
    if (before === undefined) return;
    // Its last commands may still be answered.
    this.#retired.add(before);
    const retire = () => {
      this.#retired.delete(before);
      before.destroy();
    };
    this.#options.clock.after(COMMAND_MS, retire);
  }
}

class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
