import type { DatabaseSync } from "node:sqlite";
import { isErrorOfSqlite, wordOfSqlite } from "./database.ts";

/** More than a page: it takes room that a full disk or file has not got. */
const BYTES = 10_000;

/**
 * Writes what nobody ever sees: a row that comes and goes in one transaction, which leaves its pages in the log. Throws the
 * error of SQLite where the file takes no writes.
 */
export function writeProbe(database: DatabaseSync): void {
  try {
    inOneTransaction(database, () => {
      database
        .prepare("INSERT INTO agents (agent_id, sign_in_id, revision, sealed) VALUES ('', '', '', ?)")
        .run("-".repeat(BYTES));
      database.exec("DELETE FROM agents WHERE agent_id = ''");
    });
  } catch (error) {
    if (!isErrorOfSqlite(error) || wordOfSqlite(error) !== "SQLITE_CORRUPT") throw error;
    // The one page that was to be written is damaged, and not the file: its first page is written instead, as it is.
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    database.exec(`PRAGMA user_version = ${version}`);
  }
}

function inOneTransaction(database: DatabaseSync, write: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    write();
    database.exec("COMMIT");
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}
