import type { DatabaseSync } from "node:sqlite";

/** More than a page: it takes room that a full disk or file has not got. */
const BYTES = 10_000;

/**
 * Writes what nobody ever sees: a row that comes and goes in one transaction, which leaves its pages in the log. Throws the
 * error of SQLite where the file takes no writes.
 */
export function writeProbe(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    database
      .prepare("INSERT INTO agents (agent_id, sign_in_id, revision, sealed) VALUES ('', '', '', ?)")
      .run("-".repeat(BYTES));
    database.exec("DELETE FROM agents WHERE agent_id = ''; COMMIT");
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}
