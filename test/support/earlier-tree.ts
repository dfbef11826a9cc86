import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = join(import.meta.dirname, "../..");
const MOST_BYTES = 64 * 1024 * 1024;
const FETCH_MS = 60_000;

/** Another commit's code in a folder of its own, with the packages of this one. */
export interface EarlierTree {
  readonly folder: string;
  /** For `startServiceProcess`. */
  readonly main: string;
  remove(): void;
}

/**
 * Of a clone that has not got the commit, a shallow one, it is fetched from where the clone came from. Null where that cannot be
 * had: `howToGet` says what to do.
 *
 * @param root a clone
 */
export function treeOf(commit: string, root: string = here): EarlierTree | null {
  const archive = archiveOf(commit, root) ?? (fetched(commit, root) ? archiveOf(commit, root) : null);
  if (archive === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "earlier-tree-"));
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(realpathSync(join(here, "node_modules")), join(folder, "node_modules"));
  return {
    folder,
    main: join(folder, "src/main.ts"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** For whoever has to be told that `treeOf` has found nothing. */
export const howToGet = (commit: string): string =>
  `commit ${commit} is not in this clone and could not be fetched: git fetch --unshallow origin, or clone in full`;

function git(root: string, args: readonly string[], timeout: number): Buffer | null {
  try {
    return execFileSync("git", ["-C", root, ...args], {
      maxBuffer: MOST_BYTES,
      stdio: ["ignore", "pipe", "ignore"],
      timeout,
      // Nobody is there to type a password.
      env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
    });
  } catch {
    return null;
  }
}

const archiveOf = (commit: string, root: string): Buffer | null =>
  git(root, ["archive", "--format=tar", commit], FETCH_MS);

function fetched(commit: string, root: string): boolean {
  const shallow = git(root, ["rev-parse", "--is-shallow-repository"], FETCH_MS)?.toString().trim();
  if (shallow === undefined) return false;
  // A full clone is not made shallow for it.
  const depth = shallow === "true" ? ["--depth=1"] : [];
  return (
    git(root, ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", ...depth, "origin", commit], FETCH_MS) !== null
  );
}
