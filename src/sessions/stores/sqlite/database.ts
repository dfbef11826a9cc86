import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreInUse, StoreRefused } from "../unavailable.ts";
import { codeOf, refuseMistakenPath, userName } from "./mistaken-path.ts";
import { refuseForeignFile } from "./ownership.ts";
import { migrate, steps } from "./schema.ts";

/** A process that is being replaced may still be closing its file. */
const LOCK_WAIT_MS = 500;
const SQLITE_BUSY = 5;

/**
 * Opens the file of the sessions for this process alone, in its newest schema.
 *
 * The lock is that of SQLite's exclusive mode, a POSIX lock on the file: it dies with its process, `kill -9` included.
 * (Such a lock is also lost when its own process opens and closes the file by other means: nobody here may do so.)
 *
 * @param path `:memory:` or a file, which is created with its folder when missing.
 * @throws {@link StoreRefused} naming the file, when another process has it or it is no store of ours.
 */
export function openDatabase(path: string): DatabaseSync {
  if (path !== ":memory:") takePlace(path);
  const database = open(path);
  try {
    // Exclusive before the first access: then the log's index stays in this process and needs no -shm file.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    // What a commit writes is for WriteAheadLog to get onto the disk: a power cut takes no rotated Guid either.
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("BEGIN EXCLUSIVE; COMMIT");
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw refusal(path, error);
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  } catch (error) {
    throw refusal(path, error);
  }
}

/**
 * Refuses a path that {@link openDatabase} would refuse, and changes nothing: another process may have the file open.
 *
 * @param path of a file, which may be missing
 * @throws {@link StoreRefused} naming the file
 */
export function refuseMistakenDatabase(path: string): void {
  try {
    refuseMistakenPath(path);
    if (!existsSync(path)) return;
    refuseForeignFile(path, steps.length);
    const { mode, uid } = statSync(path);
    const user = process.geteuid?.();
    if ((mode & 0o077) !== 0 && user !== 0 && user !== undefined && user !== uid) throw notTheirs();
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Nothing is made or changed where the path is a mistake. */
function takePlace(path: string): void {
  refuseMistakenDatabase(path);
  try {
    createPrivately(path);
  } catch (error) {
    throw refusal(path, error);
  }
}

/** SQLite gives its -wal file the mode of the file itself. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // Only when it is not there: opening and closing a file that this process has locked would lose the lock.
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if ((statSync(path).mode & 0o077) !== 0) makePrivate(path);
  }
}

function makePrivate(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    if (codeOf(error) !== "EPERM") throw error;
    throw notTheirs();
  }
}

const notTheirs = (): StoreRefused =>
  new StoreRefused(`others may read the file, and the user ${userName()} may not change that: it is not theirs`);

function refusal(path: string, error: unknown): Error {
  if (error instanceof StoreRefused) return new StoreRefused(`SESSION_STORE_URL: ${path}: ${error.message}`);
  if (isErrorOfSqlite(error) && error.errcode === SQLITE_BUSY) {
    return new StoreInUse(
      `Session store ${path} is in use by another process. One process owns the file; for several instances set SESSION_STORE_URL to a Redis.`,
    );
  }
  const reason = isErrorOfSqlite(error) ? error.errstr : (codeOf(error) ?? "unknown error");
  return new StoreRefused(`SESSION_STORE_URL: ${path} cannot be opened: ${reason}`);
}

/** https://www.sqlite.org/rescode.html, those that a healthy program may meet; the lower byte is the primary code. */
const words: ReadonlyMap<number, string> = new Map([
  [5, "SQLITE_BUSY"],
  [8, "SQLITE_READONLY"],
  [10, "SQLITE_IOERR"],
  [11, "SQLITE_CORRUPT"],
  [13, "SQLITE_FULL"],
  [14, "SQLITE_CANTOPEN"],
  [26, "SQLITE_NOTADB"],
]);

export function wordOfSqlite({ errcode }: { errcode: number }): string {
  return words.get(errcode & 0xff) ?? `SQLITE_${errcode & 0xff}`;
}

export function isErrorOfSqlite(error: unknown): error is Error & { errcode: number; errstr: string } {
  return error instanceof Error && codeOf(error) === "ERR_SQLITE_ERROR" && "errcode" in error && "errstr" in error;
}
