import { ErrorReply } from "@redis/client";
import type { Chance, Clock } from "../../clock.ts";
import { storeUnavailable } from "../unavailable.ts";
import { TooSlow, within } from "./deadline.ts";
import { backOff, type Connection, type Dial } from "./dial.ts";
import type { Invalidations } from "./record-cache.ts";
import { readHashes } from "./scripts.ts";

/** A healthy Redis answers within a few milliseconds; a client is told 503 rather than kept waiting. */
const COMMAND_MS = 1_500;
/** Keys asked for at once: Redis serves nobody else meanwhile. */
const MOST_AT_ONCE = 500;

export interface LinkOptions {
  readonly clock: Clock;
  readonly chance: Pick<Chance, "random">;
  readonly dial: Dial;
  readonly invalidations?: Invalidations;
  /** Never two connections at once, so that no message arrives twice. */
  readonly exclusive?: boolean;
  /** Called with each new connection before it is used. */
  readonly prepare?: (connection: Connection) => Promise<void>;
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
  #trouble = "not connected yet";

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Settles with the first attempt to connect, within a few seconds. When it fails, others follow. */
  async start(): Promise<void> {
    try {
      this.#replace(await this.#connect());
    } catch (error) {
      this.#trouble = reasonOf(error);
      this.#redial();
    }
  }

  /** @throws `session-store-unavailable`; an {@link ErrorReply} where the stored value is of the wrong type. */
  send(key: string, args: readonly string[]): Promise<unknown> {
    return this.use((connection) => connection.send(key, args));
  }

  /** Runs a script on `keys`, all of one slot. */
  run(script: string, keys: readonly [string, ...string[]], args: readonly (string | number)[]): Promise<unknown> {
    return this.send(keys[0], ["EVAL", script, String(keys.length), ...keys, ...args.map(String)]);
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
      if (isWrongType(error)) throw error;
      if (connectionIsToBlame(error)) this.#redial();
      throw storeUnavailable(reasonOf(error));
    }
  }

  async close(): Promise<void> {
    this.#trouble = "the store is closed";
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
        if (!signal.aborted) this.#trouble = reasonOf(error);
      }
      await clock.wait(backOff(attempt, chance), signal).catch(() => undefined);
    }
  }

  async #connect(): Promise<Connection> {
    const { dial, invalidations, prepare, clock, chance } = this.#options;
    const { signal } = this.#closing;
    let connection: Connection | undefined;
    let lost = false;
    const onLost = () => {
      lost = true;
      if (connection === undefined || this.#connection !== connection) return;
      this.#connection = undefined;
      this.#trouble = "Redis is away: the connection was lost";
      this.#redial();
    };
    connection = await dial({ clock, chance, ...(invalidations ? { invalidations } : {}), onLost, signal });
    try {
      if (prepare !== undefined) await within(this.#options.clock, COMMAND_MS, prepare(connection));
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

/** A record that somebody has replaced by something else. */
export function isWrongType(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.startsWith("WRONGTYPE");
}

/** A server that refuses a command stays with its refusal, unless it is no longer the master or does not know us. */
function connectionIsToBlame(error: unknown): boolean {
  return !(error instanceof ErrorReply) || /^(READONLY|MASTERDOWN|NOAUTH|UNBLOCKED)/.test(error.message);
}

/** In fixed words and codes only: a driver's message may hold an address, a password or a record. */
function reasonOf(error: unknown): string {
  if (error instanceof TooSlow) return "Redis does not answer";
  if (error instanceof ErrorReply) return `Redis refuses: ${/^[A-Z]+/.exec(error.message)?.[0] ?? "error"}`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `Redis is away: ${/^[A-Z_]+$/.test(code) ? code : error instanceof Error ? error.name : "unknown error"}`;
}
