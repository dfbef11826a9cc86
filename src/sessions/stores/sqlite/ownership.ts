import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { StoreRefused } from "../unavailable.ts";

/** "cbff": says whose file it is (https://www.sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x63626666;

/** Where they stand in the first page (https://www.sqlite.org/fileformat.html#the_database_header). */
const SCHEMA_COOKIE_AT = 40;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

interface Marks {
  readonly applicationId: number;
  readonly version: number;
  /** Whether it has, or had, tables or anything like them. */
  readonly hasSchema: boolean;
}

/**
 * Refuses a file that is another program's, or a newer release's, without a lock and without leaving a trace: SQLite would
 * take up another's log, and remove it.
 *
 * @param path of a file that is there
 * @param newest version of the schema that this release knows
 * @throws {@link StoreRefused}
 */
export function refuseForeignFile(path: string, newest: number): void {
  const { applicationId, version, hasSchema } = marksIn(path);
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || version !== 0 || hasSchema)) {
    throw new StoreRefused("the file is an SQLite database, but none of this service");
  }
  if (version < 1 && hasSchema) {
    throw new StoreRefused(
      `the file has schema version ${version}, which no release has written. Put back a copy of it, or move it away to begin with no session.`,
    );
  }
  if (version > newest) {
    throw new StoreRefused(
      `the file has schema version ${version}, and this release knows versions up to ${newest}. Run the release that wrote it, or a newer one.`,
    );
  }
}

/** By SQLite, also where it only looks: a file that this process has locked loses its lock when it is opened by other means. */
function marksIn(path: string): Marks {
  const url = pathToFileURL(path);
  // Nothing is locked, and the log is passed over (https://www.sqlite.org/uri.html#uriimmutable).
  url.search = "?mode=ro&immutable=1";
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    const number = (name: string): number => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const marks = {
      applicationId: number("application_id"),
      version: number("user_version"),
      hasSchema: number("schema_version") !== 0,
    };
    const isBlank = marks.applicationId === 0 && marks.version === 0 && !marks.hasSchema;
    return (isBlank && marksInLog(`${database.location()}-wal`)) || marks;
  } finally {
    database.close();
  }
}

/**
 * What a database was made to be may stand in its log alone, until that is taken into the file. Null where it does not tell
 * (https://www.sqlite.org/fileformat.html#the_write_ahead_log).
 */
function marksInLog(path: string): Marks | null {
  let log: Buffer;
  try {
    log = readFileSync(path);
  } catch {
    return null;
  }
  if (log.length < 32) return null;
  const pageSize = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  let firstPage: Buffer | null = null;
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break;
    if (log.readUInt32BE(at) === 1) firstPage = log.subarray(at + 24, at + 24 + pageSize);
  }
  return (
    firstPage && {
      applicationId: firstPage.readUInt32BE(APPLICATION_ID_AT),
      version: firstPage.readUInt32BE(USER_VERSION_AT),
      hasSchema: firstPage.readUInt32BE(SCHEMA_COOKIE_AT) !== 0,
    }
  );
}
