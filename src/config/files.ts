import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the configuration comes from beside the environment; a test gives its own. */
export interface Surroundings {
  /** The directory that relative paths of the environment start from, and where `.env` lies. */
  readonly directory: string;
  /** The directory of the tables that come with the service and of a site's own. */
  readonly tables: string;
  /** Throws as `readFileSync` does. */
  readFile(path: string): Uint8Array | string;
}

export const thisMachine = (): Surroundings => ({
  directory: process.cwd(),
  tables: fileURLToPath(new URL("../../config/", import.meta.url)),
  readFile: (path) => readFileSync(path),
});

type FileText = { readonly text: string } | { readonly missing: true } | { readonly unreadable: string };

/** `unreadable` is a sentence without the path: a path may have been put in by mistake for a secret. */
export function readText(surroundings: Surroundings, directory: string, path: string): FileText {
  let content: Uint8Array | string;
  try {
    content = surroundings.readFile(resolve(directory, path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return code === "ENOENT" ? { missing: true } : { unreadable: `the file cannot be read (${code})` };
  }
  return decoded(typeof content === "string" ? Buffer.from(content) : content);
}

/**
 * UTF-8, with or without the byte order mark that some editors put in front. What they write as UTF-16 looks like
 * another text altogether, and a mark in front of a name makes another name of it.
 */
function decoded(bytes: Uint8Array): FileText {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16 || bytes.includes(0)) return { unreadable: "the file is UTF-16, or no text at all: save it as UTF-8" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { unreadable: "the file is not UTF-8: save it as UTF-8" };
  }
}
