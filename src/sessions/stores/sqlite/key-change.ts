import type { DatabaseSync } from "node:sqlite";
import type { RecordName, Records } from "../records.ts";
import { StoreRefused } from "../unavailable.ts";
import { isErrorOfSqlite } from "./database.ts";

const tables = [
  { kind: "agent", table: "agents", name: "agent_id" },
  { kind: "session", table: "sessions", name: "name" },
] as const;

/** Whether the file holds sessions already, sealed with whatever key. */
export function holdsRecords(database: DatabaseSync): boolean {
  return tables.some(({ table }) => database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined);
}

/**
 * Brings all records under the newest key, so that an older one can be taken out of SESSION_KEYS from then on.
 *
 * @throws {@link StoreRefused} where other keys have sealed what is there: one record at least has to open
 */
export function takeUpKeys(database: DatabaseSync, records: Records): void {
  let ours = false;
  let others = false;
  database.exec("BEGIN");
  try {
    for (const { kind, table, name } of tables) {
      const reseal = database.prepare(`UPDATE ${table} SET sealed = ? WHERE ${name} = ?`);
      for (const row of readableRows(database, `SELECT ${name} AS name, sealed FROM ${table} ORDER BY ${name}`)) {
        const record: RecordName = { kind, name: String(row.name) };
        const opened = records.tried(record, row.sealed);
        ours ||= opened === "opens";
        others ||= opened === "key-missing";
        const resealed = records.underNewestKey(record, String(row.sealed));
        if (resealed !== null) reseal.run(resealed, record.name);
      }
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    // A full disk, for instance: the older key opens what it did.
    if (!isErrorOfSqlite(error)) throw error;
  }
  if (others && !ours) {
    throw new StoreRefused(
      "other SESSION_KEYS have sealed the sessions that are there. Give it their keys (docs/operations.md says how keys are changed), or another file",
    );
  }
}

/** All rows up to the first that a damaged page keeps from being read. */
function readableRows(database: DatabaseSync, sql: string): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  try {
    for (const row of database.prepare(sql).iterate()) rows.push(row);
  } catch (error) {
    if (!isErrorOfSqlite(error)) throw error;
  }
  return rows;
}
