import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { StoreFault, storeUnavailable } from "../unavailable.ts";
import { isErrorOfSqlite, wordOfSqlite } from "./database.ts";
import { OpenedFile } from "./opened-file.ts";
import { writeProbe } from "./probe.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export type Row = Record<string, unknown>;

/**
 * The database as the store uses it: statements are prepared once, and a full disk, a failing one or a damaged file is
 * `session-store-unavailable`, since no session is lost by it. Anything else that goes wrong is a mistake of ours.
 */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #log: WriteAheadLog;
  readonly #file: OpenedFile;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#log = new WriteAheadLog(database.location());
    this.#file = new OpenedFile(database.location());
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.guarded(() => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.guarded(() => this.#statement(sql).all(...values));
  }

  /** All rows up to the first that a damaged page keeps from being read. */
  readable(sql: string): Row[] {
    return this.guarded(() => {
      const rows: Row[] = [];
      try {
        for (const row of this.#statement(sql).iterate()) rows.push(row);
      } catch (error) {
        if (!isErrorOfSqlite(error) || !isDamage(error)) throw error;
      }
      return rows;
    });
  }

  /** Answers with how many rows it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return this.guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** Resolves when all that has been run is on the disk. */
  written(): Promise<void> {
    return this.#log.written();
  }

  async probe(): Promise<void> {
    this.guarded(() => writeProbe(this.#database));
    await this.#log.written();
    this.#file.insist();
  }

  guarded<T>(access: () => T): T {
    if (!this.#database.isOpen) throw storeUnavailable(new StoreFault("CLOSED", "the store is closed"));
    if (this.#log.failed) throw storeUnavailable(new StoreFault("DISK_FAILED", "the disk has failed"));
    try {
      return access();
    } catch (error) {
      if (!isErrorOfSqlite(error)) throw error;
      throw storeUnavailable(new StoreFault(wordOfSqlite(error), `SQLite: ${error.errstr}`));
    }
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    await this.#log.close();
    if (this.#database.isOpen) this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const prepared = this.#prepared.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#database.prepare(sql);
    // As a number, one that somebody wrote past 2^53 would throw and take all other rows of its answer with it.
    statement.setReadBigInts(true);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

/** A page of the file is not what it should be; others may be. */
const isDamage = (error: { errcode: number }): boolean => wordOfSqlite(error) === "SQLITE_CORRUPT";

/** The same, of what {@link Statements} has made of it. */
export function isDamagedPage(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof StoreFault && error.cause.code === "SQLITE_CORRUPT";
}
