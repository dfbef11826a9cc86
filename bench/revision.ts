import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServiceStart, serviceCommand } from "./service-command.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Another revision of the service, checked out beside this one. */
export interface Revision {
  /** Short hash and first line of its message, and the options of its start that are others than its own. */
  readonly name: string;
  readonly start: ServiceStart;
  stop(): Promise<void>;
}

/**
 * A work tree of its own, with this one's packages where the lock file is the same, else with its own.
 *
 * @param options of Node: those that it is started with besides its own, and those of its own that it is started without
 * @throws an error in words for the user when git does not know the revision, it is not started with an option that it
 *   should do without, or its packages cannot be installed
 */
export function checkOut(
  revision: string,
  options: Pick<ServiceStart, "nodeOptions" | "without">,
  directory: string,
  say: (text: string) => void,
): Revision {
  const known = spawnSync("git", ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], { cwd: root });
  if (known.status !== 0) throw new Error(`git knows no revision ${revision}`);
  const hash = known.stdout.toString().trim();
  const path = join(directory, `revision-${hash.slice(0, 12)}`);
  execFileSync("git", ["worktree", "add", "--detach", "--quiet", path, hash], { cwd: root });
  const stop = async (): Promise<void> => {
    execFileSync("git", ["worktree", "remove", "--force", path], { cwd: root });
  };
  const start = { root: path, ...options };
  try {
    serviceCommand(start);
    bringPackages(path, say);
  } catch (error) {
    void stop();
    throw error;
  }
  const name = execFileSync("git", ["log", "-1", "--format=%h %s", hash], { cwd: root }).toString().trim();
  const { nodeOptions = [], without = [] } = options;
  const changes = [...nodeOptions.map((one) => `with ${one}`), ...without.map((one) => `without --${one}`)];
  return { name: [name, ...changes].join(", "), start, stop };
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
