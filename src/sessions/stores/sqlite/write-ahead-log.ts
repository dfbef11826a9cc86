import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreFault, storeUnavailable } from "../unavailable.ts";

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Gets onto the disk what SQLite has committed, without holding up the event loop: SQLite itself only appends to its
 * log (`synchronous = NORMAL`), and one fsync here is for all who wait. An fsync takes milliseconds, and ten thousand
 * agents renew some 170 Guids a second.
 *
 * A log is read up to its last intact commit, so what one fsync covers is safe whatever comes after it
 * (https://www.sqlite.org/wal.html).
 */
export class WriteAheadLog {
  readonly #path: string | null;
  #file: FileHandle | undefined;
  #waiting: Waiting[] = [];
  #syncing: Promise<void> | null = null;
  #failed = false;

  /** @param database the file that the log belongs to; `null`: there is none, and nothing to wait for */
  constructor(database: string | null) {
    this.#path = database === null ? null : `${database}-wal`;
  }

  /** After an fsync has failed nobody knows what the disk has, and a later one that succeeds tells nothing. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Resolves when what was committed before the call is on the disk. Rejects with `session-store-unavailable`. */
  async written(): Promise<void> {
    if (this.#path === null) return;
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#syncing ??= this.#syncAll(this.#path);
    await written;
  }

  async close(): Promise<void> {
    await this.#syncing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #syncAll(path: string): Promise<void> {
    while (this.#waiting.length > 0) {
      const served = this.#waiting;
      this.#waiting = [];
      try {
        this.#file ??= await openOnDisk(path);
        await this.#file.datasync();
        for (const one of served) one.resolve();
      } catch {
        this.#failed = true;
        for (const one of served) one.reject(storeUnavailable(new StoreFault("DISK_FAILED", "fsync failed")));
      }
    }
    this.#syncing = null;
  }
}

/** The file and its name in the folder: SQLite made it, perhaps a moment ago. It has no lock that closing could lose. */
async function openOnDisk(path: string): Promise<FileHandle> {
  const file = await open(path, "r+");
  if (process.platform === "win32") return file;
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return file;
}
