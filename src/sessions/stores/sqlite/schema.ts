import type { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID } from "./ownership.ts";

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

/** Brings a file, which is ours or empty, to the newest version, all steps or none. */
export function migrate(database: DatabaseSync, migrations: readonly string[] = steps): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version >= migrations.length) return;
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
