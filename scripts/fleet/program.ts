import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

const START_MS = 20_000;
const LAST_WORDS = 2_000;

/** A process of the fleet, stopped by its own handle; nothing of it outlives the run. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = "";

  constructor(name: string, command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#name = name;
    // Its own group: a Ctrl-C is for the run, which ends its processes itself.
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    child.on("error", (error) => {
      this.#said += `${error.message}\n`;
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    process.once("exit", () => child.kill("SIGKILL"));
  }

  /** @throws an error with its last words when it ends, or is not there in time. */
  async until(what: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!(await what())) {
      if (this.#hasEnded || this.#child.pid === undefined || Date.now() > deadline)
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
