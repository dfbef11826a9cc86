import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** What was measured on, and with which versions. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${osName()}, Linux ${release()}`,
    versions: {
      Node: process.versions.node,
      V8: process.versions.v8,
      ...packageVersions("../package-lock.json", ["express", "got", "jsonwebtoken", "pino"]),
      ...packageVersions("package-lock.json", [
        "fastify",
        "@fastify/helmet",
        "undici",
        "express-http-proxy",
        "http-proxy-middleware",
        "helmet",
      ]),
      nginx: /nginx\/(\S+)/.exec(spawnSync("nginx", ["-v"]).stderr.toString())?.[1] ?? "unknown",
      njs: debianVersion("libnginx-mod-http-js"),
      wrk: debianVersion("wrk"),
      Redis: /v=(\S+)/.exec(execFileSync("redis-server", ["--version"]).toString())?.[1] ?? "unknown",
    },
  };
}

function osName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}

function packageVersions(lockfile: string, names: readonly string[]): Record<string, string> {
  const text = readFileSync(new URL(lockfile, import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, { version?: string }> };
  return Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`]?.version ?? "unknown"]));
}

const debianVersion = (name: string): string =>
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg-query
  spawnSync("dpkg-query", ["-W", "-f", "${Version}", name]).stdout.toString() || "unknown";
