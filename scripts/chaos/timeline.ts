import { createWriteStream, openSync, type WriteStream } from "node:fs";

/** What happened when, written to a file for whoever has to find out why a run went wrong. */
export class Timeline {
  readonly #file: WriteStream | null;

  constructor(path: string | null) {
    this.#file = path === null ? null : createWriteStream(path, { fd: openSync(path, "w") });
  }

  /** Whether anybody reads it: then the instances log all that they can. */
  get isKept(): boolean {
    return this.#file !== null;
  }

  say(who: string, what: string): void {
    this.#file?.write(`${new Date().toISOString()} ${who}: ${what}\n`);
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file !== null) await new Promise<void>((resolve) => file.end(resolve));
  }
}
