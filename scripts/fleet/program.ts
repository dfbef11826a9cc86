import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const START_MS = 20_000;
const LAST_WORDS = 2_000;

/** Where Debian has its servers, and most users' paths do not look. */
const SERVERS = ["/usr/sbin", "/sbin"];

/** A process of the fleet, stopped by its own handle; nothing of it outlives the run. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = "";
  #notStarted: string | null = null;

  constructor(name: string, command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#name = name;
    // Its own group: a Ctrl-C is for the run, which ends its processes itself.
    const given = options.env ?? process.env;
    const env = { ...given, PATH: [given.PATH, ...SERVERS].join(delimiter) };
    const child = spawn(command, args, { ...options, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint = `There is no ${command} here. Install it, for instance with: apt-get install --no-install-recommends ${command}`;
      this.#notStarted = error.code === "ENOENT" ? hint : `${name} does not start: ${error.message}`;
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    const killAtOurEnd = (): void => void child.kill("SIGKILL");
    process.once("exit", killAtOurEnd);
    child.once("exit", () => process.off("exit", killAtOurEnd));
  }

  /** @throws an error with its last words when it ends, or is not there in time; or one that says what to install */
  async until(what: () => Promise<boolean>, withinMs = START_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await what())) {
      if (this.#notStarted !== null) throw new Error(this.#notStarted);
      if (this.#hasEnded || performance.now() > deadline)
        throw new Error(`${this.#name} does not start: ${this.#said.trim()}`);
      await wait(50);
    }
  }

  /** Asks it to end, and kills it where it does not in time. */
  async stop(withinMs = 30_000): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const tooLate = setTimeout(() => this.#child.kill("SIGKILL"), withinMs);
    await gone;
    clearTimeout(tooLate);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-LAST_WORDS);
  }
}

export const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );
