import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the configuration comes from beside the environment; a test gives its own. */
export interface Surroundings {
  /** The directory that relative paths of the environment start from, and where `.env` lies. */
  readonly directory: string;
  /** The directory of the tables that come with the service and of a site's own. */
  readonly tables: string;
  /** UTF-8 text. Throws as `readFileSync` does. */
  readFile(path: string): string;
}

export const thisMachine = (): Surroundings => ({
  directory: process.cwd(),
  tables: fileURLToPath(new URL("../../config/", import.meta.url)),
  readFile: (path) => readFileSync(path, "utf8"),
});

export type FileText = { readonly text: string } | { readonly missing: true } | { readonly unreadable: string };

/** `unreadable` is a sentence without the path: a path may have been put in by mistake for a secret. */
export function readText(surroundings: Surroundings, directory: string, path: string): FileText {
  try {
    return { text: surroundings.readFile(resolve(directory, path)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return code === "ENOENT" ? { missing: true } : { unreadable: `the file cannot be read (${code})` };
  }
}
