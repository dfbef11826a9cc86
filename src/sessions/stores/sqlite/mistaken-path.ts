import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { StoreRefused } from "../unavailable.ts";

const { R_OK, W_OK, X_OK } = constants;

const RIGHTS = [
  [R_OK | W_OK, "read and write"],
  [R_OK, "read"],
  [W_OK | X_OK, "write in the folder"],
  [X_OK, "look into the folder"],
] as const;

/**
 * Refuses a path that cannot be a store's, before anything is opened, made or changed: a pipe that is opened waits for ever,
 * and a folder whose mode is changed shuts its owner out.
 *
 * @param path of the file, which may be missing with its folders
 * @throws {@link StoreRefused} that says who may not do what with which place
 */
export function refuseMistakenPath(path: string): void {
  const file = resolve(path);
  const isThere = fileIsThere(file, R_OK | W_OK);
  // SQLite keeps its log beside the file itself, whatever links lead to it.
  const real = isThere ? realpathSync(file) : file;
  if (isThere) mustBeAllowed(dirname(real), W_OK | X_OK);
  for (const log of [`${real}-wal`, `${real}-journal`]) fileIsThere(log, R_OK | W_OK);
}

/** Whether one file is there; false where it is missing, and can be made. @throws {@link StoreRefused} for what is no such file */
export function fileIsThere(path: string, mode: number): boolean {
  const folder = dirname(path);
  for (const above of [...foldersAbove(folder), folder]) {
    const found = whatIsAt(above);
    if (found === null) {
      mustBeAllowed(dirname(above), W_OK | X_OK);
      return false;
    }
    if (!found.isDirectory()) throw new StoreRefused(`${above} is ${kindOf(found)}, and not a folder`);
    mustBeAllowed(above, X_OK);
  }
  const found = whatIsAt(path);
  if (found === null) {
    mustBeAllowed(folder, W_OK | X_OK);
    return false;
  }
  if (!found.isFile()) throw new StoreRefused(`${path} is ${kindOf(found)}, and not a file`);
  mustBeAllowed(path, mode);
  return true;
}

/** From the top. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}

function whatIsAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw new StoreRefused(`${path} cannot be used: ${codeOf(error)}`);
  }
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  throw new StoreRefused(`${path} is a link to something that is not there`);
}

function mustBeAllowed(path: string, mode: number): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    if (codeOf(error) === "EROFS") throw new StoreRefused(`nothing can be written on the file system of ${path}`);
    const what = RIGHTS.find(([right]) => right === mode)?.[1] ?? "use";
    throw new StoreRefused(`the user ${userName()} may not ${what} ${path}`);
  }
}

/** Its name; its number where it has none, as in many containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "of this process");
  }
}

function kindOf(found: Stats): string {
  if (found.isFile()) return "a file";
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
