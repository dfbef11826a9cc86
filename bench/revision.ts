import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Another revision of the service, checked out beside this one. */
export interface Revision {
  /** Short hash and first line of its message. */
  readonly name: string;
  readonly root: string;
  stop(): Promise<void>;
}

/**
 * A work tree of its own, with this one's packages where the lock file is the same, else with its own.
 *
 * @throws an error in words for the user when git does not know the revision, or its packages cannot be installed
 */
export function checkOut(revision: string, directory: string, say: (text: string) => void): Revision {
  const known = spawnSync("git", ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], { cwd: root });
  if (known.status !== 0) throw new Error(`git knows no revision ${revision}`);
  const hash = known.stdout.toString().trim();
  const path = join(directory, `revision-${hash.slice(0, 12)}`);
  execFileSync("git", ["worktree", "add", "--detach", "--quiet", path, hash], { cwd: root });
  const stop = async (): Promise<void> => {
    execFileSync("git", ["worktree", "remove", "--force", path], { cwd: root });
  };
  try {
    bringPackages(path, say);
  } catch (error) {
    void stop();
    throw error;
  }
  const name = execFileSync("git", ["log", "-1", "--format=%h %s", hash], { cwd: root }).toString().trim();
  return { name, root: path, stop };
}

function bringPackages(path: string, say: (text: string) => void): void {
  const lock = (checkout: string): string => readFileSync(join(checkout, "package-lock.json"), "utf8");
  if (lock(path) === lock(root)) {
    symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
    return;
  }
  say("installing the packages of the other revision (npm ci)");
  const npm = spawnSync("npm", ["ci", "--prefix", path, "--no-audit", "--omit=dev"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (npm.status !== 0) throw new Error("npm ci of the other revision failed");
}
