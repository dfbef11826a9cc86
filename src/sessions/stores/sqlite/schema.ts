import type { DatabaseSync } from "node:sqlite";
import { StoreRefused } from "../unavailable.ts";

/** "cbff": says whose file it is (https://www.sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x63626666;

/**
 * Each step brings a file from one version to the next and is never changed once released: the first is version 1.
 * Names are digests and `sealed` is the whole record, so nothing in the file can be read without the key but agent ids
 * and times.
 */
export const steps: readonly string[] = [
  `CREATE TABLE agents (
     agent_id TEXT PRIMARY KEY,
     sign_in_id TEXT NOT NULL,
     revision TEXT NOT NULL,
     sealed TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE sessions (
     name TEXT PRIMARY KEY,
     agent_id TEXT NOT NULL,
     subject_name TEXT,
     last_used_at INTEGER NOT NULL,
     sealed TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_by_agent ON sessions (agent_id, name);
   CREATE INDEX sessions_by_subject ON sessions (subject_name, name) WHERE subject_name IS NOT NULL;`,
];

/**
 * Brings the file to the newest version, all steps or none.
 *
 * @throws {@link StoreRefused} for a file of a newer release, which an older one could only damage, and for a file of
 * somebody else.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = steps): void {
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
  if (pragma(database, "application_id") !== APPLICATION_ID && (version !== 0 || tables !== 0)) {
    throw new StoreRefused("the file is an SQLite database, but none of this service");
  }
  if (version > migrations.length) {
    throw new StoreRefused(
      `the file has schema version ${version}, and this release knows versions up to ${migrations.length}. Run the release that wrote it, or a newer one.`,
    );
  }
  if (version === migrations.length) return;
  database.exec("BEGIN EXCLUSIVE");
  try {
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
