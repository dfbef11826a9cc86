import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Who is measured has a core of its own; the load, the gateway and whatever else is needed share the other. */
export const MEASURED_CORE = 0;
export const LOAD_CORE = 1;

const LONGEST_START_MS = 60_000;
const STOP_MS = 20_000;

export interface Program {
  readonly name: string;
  readonly core: number | null;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** Its first group is the port; matched against the output. Null: it is taken as started at once. */
  readonly announces: RegExp | null;
  /** How long that may take. */
  readonly startMs?: number;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** 0 where the program does not announce one. */
  readonly port: number;
  readonly output: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<Running>();

/**
 * Starts a program on its core, its output in a file under `outputs`: a pipe would make the reader a part of what is
 * measured. Resolves when it has announced its port.
 */
export async function start(program: Program, outputs: string): Promise<Running> {
  const [command = "", ...rest] = program.command;
  const pinned = program.core === null ? [command, ...rest] : ["taskset", "-c", String(program.core), command, ...rest];
  const output = join(outputs, `${program.name.replace(/\W+/g, "-")}-${Date.now()}.log`);
  const file = openSync(output, "a");
  const child = spawn(pinned[0] ?? "", pinned.slice(1), {
    stdio: ["ignore", file, file],
    cwd: program.directory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...program.environment },
  });
  closeSync(file);
  const handle: Running = {
    name: program.name,
    pid: child.pid ?? 0,
    port: 0,
    output,
    stop: (signal = "SIGTERM") => stopChild(child, signal).finally(() => running.delete(handle)),
  };
  running.add(handle);
  const port = program.announces === null ? 0 : await announcedPort(child, program, output);
  const ready = { ...handle, port };
  return ready;
}

/** Whatever still runs, when the benchmark ends early. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop("SIGKILL")));
}

async function announcedPort(
  child: ChildProcess,
  { name, announces, startMs = LONGEST_START_MS }: Program,
  output: string,
): Promise<number> {
  const until = Date.now() + startMs;
  while (Date.now() < until) {
    const text = readFileSync(output, "utf8");
    const found = announces?.exec(text);
    if (found) return Number(found[1]);
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${text.slice(-2_000)}`);
    }
    await wait(10);
  }
  await stopChild(child, "SIGKILL");
  throw new Error(`${name} did not start within ${startMs / 1_000} s`);
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(late);
}

/** Runs a program to its end on the load's core; its standard output. */
export async function run(
  command: readonly string[],
  limitMs: number,
  core: number | null = LOAD_CORE,
): Promise<string> {
  const pinned = core === null ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(pinned[0] ?? "", pinned.slice(1), { stdio: ["ignore", "pipe", "pipe"], timeout: limitMs });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0)
    throw new Error(`${command[0]} ended with ${code ?? signal}: ${errors.slice(-1_000)}${output.slice(-500)}`);
  return output;
}

/** Resident memory in MiB. */
export function memoryOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib ?? Number.NaN) / 1_024;
}
