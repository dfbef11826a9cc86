import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { compileCache } from "./compile-cache.ts";
import { until } from "./until.ts";

const thisTrees = join(import.meta.dirname, "../../src/main.ts");

/** The service as an operator runs it: a process of its own, known by its environment and what it prints. */
export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Started and ended already: what it printed and how it ended. */
export class NotStarted extends Error {
  readonly code: number | null;
  readonly output: string;

  constructor(code: number | null, output: string) {
    super(`the service ended with ${code}:\n${output}`);
    this.code = code;
    this.output = output;
  }
}

/**
 * @param main another release's, see earlier-tree.ts
 * @throws {@link NotStarted} when it ends before it listens
 */
export async function startServiceProcess(
  environment: Readonly<Record<string, string>>,
  directory: string,
  main: string = thisTrees,
): Promise<ServiceProcess> {
  const { PATH = "" } = process.env;
  const env = { PATH, HOST: "127.0.0.1", PORT: "0", DRAIN_LEAD_MS: "0", ...compileCache(), ...environment };
  const child: ChildProcess = spawn(process.execPath, [main], {
    cwd: directory,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close");
  const killAtOurEnd = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtOurEnd);
  void ended.then(() => process.off("exit", killAtOurEnd));
  const address = (): string | undefined => /conferences-bff listens on ([^"\s]+)/.exec(stdout)?.[1];
  await until(
    () => address() !== undefined || child.exitCode !== null,
    60_000,
    () => `no address\n${stdout}${stderr}`,
  );
  const url = address();
  if (url === undefined) {
    await ended;
    throw new NotStarted(child.exitCode, `${stdout}${stderr}`);
  }
  return {
    url,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
    async kill() {
      // Of one that has ended nothing happens.
      child.kill("SIGKILL");
      await ended;
    },
  };
}
