import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const START_MS = 10_000;

/** A Redis (or Valkey) server of its caller's own, on a free port of 127.0.0.1, with its data in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Where `SAVE` puts `dump.rdb`, uncompressed. */
  readonly folder: string;
  readonly pid: number;
  /** SIGKILL: nothing is saved, every connection is cut. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Kills it if it still runs, and starts it again on the same port; what it has not saved is gone. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param configuration lines for redis.conf, such as `requirepass secret`
 * @throws an error that says what to install when the machine has neither `redis-server` nor `valkey-server`
 */
export async function startRedis(configuration: readonly string[] = []): Promise<RedisServer> {
  const port = await portToKeep();
  return startServer(port, "redis", [`port ${port}`, ...configuration]);
}

/** One of any kind. @param lines for its redis.conf @param mode of the command line */
export async function startServer(
  port: number,
  scheme: string,
  lines: readonly string[],
  mode: readonly string[] = [],
): Promise<RedisServer> {
  const server = program("redis-server", "valkey-server");
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const file = join(folder, "redis.conf");
  const log = join(folder, "log");
  const common = ["bind 127.0.0.1", `dir ${folder}`, `logfile ${log}`, "daemonize no"];
  const data = ['save ""', "appendonly no", "rdbcompression no"];
  const configuration = [...common, ...(mode.length > 0 ? [] : data), ...lines];
  writeFileSync(file, `${configuration.join("\n")}\n`);

  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(server, [file, ...mode], { stdio: "ignore" });
    child.unref();
    const killAtOurEnd = (): void => void child.kill("SIGKILL");
    process.once("exit", killAtOurEnd);
    child.once("exit", () => process.off("exit", killAtOurEnd));
    if (!(await listening(child, port))) {
      child.kill("SIGKILL");
      throw new Error(`${server} does not start:\n${readFileSync(log, "utf8")}`);
    }
    return child;
  };
  let child = await launch();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    folder,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    restart: async () => {
      await kill();
      child = await launch();
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number): Promise<boolean> {
  const end = performance.now() + START_MS;
  while (performance.now() < end && child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, "127.0.0.1");
    const accepted = await Promise.race([once(socket, "connect"), once(socket, "error")]).then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return true;
    await wait(10);
  }
  return false;
}

/** Below the range that outgoing connections take their ports from, so that a restart finds its port free. */
export async function portToKeep(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error("No port of 127.0.0.1 is free");
}

export function program(...names: readonly string[]): string {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new Error(
    `There is no ${names.join(" or ")} here: run scripts/test-services.sh, or apt-get install redis-server`,
  );
}
