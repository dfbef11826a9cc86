import { statSync } from "node:fs";
import { StoreFault, storeUnavailable } from "../unavailable.ts";

/**
 * Whether a file and its log are still where they were opened. SQLite goes on with one that was deleted, moved or replaced
 * as if nothing had happened, and what it writes is gone with the process.
 */
export class OpenedFile {
  readonly #paths: readonly string[];
  readonly #opened = new Map<string, string>();

  /** @param database the file that is open; `null`: there is none */
  constructor(database: string | null) {
    this.#paths = database === null ? [] : [database, `${database}-wal`];
  }

  /** SQLite makes its log with the first write: from the first call on it has to be there. Throws `session-store-unavailable`. */
  insist(): void {
    for (const path of this.#paths) {
      const found = statSync(path, { throwIfNoEntry: false, bigint: true });
      const which = found === undefined ? "" : `${found.dev}:${found.ino}`;
      const opened = this.#opened.get(path) ?? which;
      if (which === "" || which !== opened) {
        throw storeUnavailable(new StoreFault("FILE_GONE", "the file is no longer where it was opened"));
      }
      this.#opened.set(path, opened);
    }
  }
}
