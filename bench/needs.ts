import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NGINX_JS_MODULE } from "./contenders.ts";

/** What is needed beside Node, and Debian's package that has it. */
const programs: readonly (readonly [name: string, debianPackage: string])[] = [
  ["nginx", "nginx"],
  ["wrk", "wrk"],
  ["cc", "gcc libc6-dev"],
  ["taskset", "util-linux"],
  ["openssl", "openssl"],
  ["redis-server", "redis-server"],
];

/** Keeps a package from starting its server as it is installed: 101 is "no" (invoke-rc.d(8)). */
const POLICY = "/usr/sbin/policy-rc.d";

/** Brings what is missing; throws with what to do where it cannot. */
export function bringNeeds(say: (text: string) => void): void {
  if (process.platform !== "linux") throw new Error("The benchmarks need Linux: taskset, epoll and /proc.");
  if (availableParallelism() < 2) throw new Error("The benchmarks need two cores: one to measure, one for the load.");
  const missing = missingPackages();
  if (missing.length > 0) {
    say(`installing ${missing.join(" ")}`);
    installPackages(missing);
    const left = missingPackages();
    if (left.length > 0) throw new Error(`The benchmarks need: ${left.join(" ")}. Install it, then run them again.`);
  }
  const here = fileURLToPath(new URL(".", import.meta.url));
  if (installed(here)) return;
  say("installing the contenders (npm ci in bench/)");
  const npm = spawnSync("npm", ["ci", "--prefix", here, "--no-audit"], { stdio: ["ignore", "ignore", "inherit"] });
  if (npm.status !== 0) throw new Error("npm ci in bench/ failed.");
}

function missingPackages(): string[] {
  const missing = programs.filter(([name]) => !onPath(name)).flatMap(([, packages]) => packages.split(" "));
  return existsSync(NGINX_JS_MODULE) ? missing : [...missing, "libnginx-mod-http-js"];
}

function onPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** npm writes this file when it is done, with what it has installed. */
function installed(here: string): boolean {
  if (!existsSync(join(here, "node_modules/.package-lock.json"))) return false;
  return spawnSync("npm", ["ls", "--prefix", here, "--all"], { stdio: "ignore" }).status === 0;
}

function installPackages(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !onPath("apt-get")) return;
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const apt = (...rest: string[]): boolean =>
    spawnSync("apt-get", rest, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
      .status === 0;
  const install = (): boolean => apt("install", "-y", "-q", "--no-install-recommends", ...packages);
  try {
    // The lists may be missing or old: only then they are fetched, which takes a while.
    if (!install() && apt("update", "-q")) install();
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}
