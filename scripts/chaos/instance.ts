import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command, Memory, Order, Report } from "./instance-process.ts";
import { rest } from "./rest.ts";
import type { Timeline } from "./timeline.ts";

/** A busy machine takes its time. */
const START_MS = 60_000;
const MEASURE_MS = 3_000;
const MOST_NOTES = 20;

type InstanceState = "down" | "starting" | "up" | "paused" | "ending";

/** One instance of the fleet as a process of its own, which can be killed, ended, paused and started again. */
export class Instance {
  readonly name: string;
  state: InstanceState = "down";
  url = "";
  /** Grows whenever the process is killed or told to end: what was under way by then may be cut. */
  #endings = 0;
  starts = 0;
  /** What nobody asked for: exits by itself, bad ends, and what it wrote to standard error. */
  readonly failures: string[] = [];
  /** Log lines by their message. */
  readonly logged = new Map<string, number>();
  #order: Order;
  #startedWith: Order["environment"] | null = null;
  readonly #timeline: Timeline;
  #child: ChildProcess | null = null;

  constructor(name: string, order: Order, timeline: Timeline) {
    this.name = name;
    this.#timeline = timeline;
    this.#order = order;
  }

  /** Answers later whether the process that is up now has lived on since. */
  lifeNow(): () => boolean {
    const { state } = this;
    const endings = this.#endings;
    const isUp = (now: InstanceState): boolean => now === "up" || now === "paused";
    return () => isUp(state) && isUp(this.state) && this.#endings === endings;
  }

  /** What it is started with from now on, beside what it was told before. Compare with {@link startedWith}. */
  tell(environment: Order["environment"]): Order["environment"] {
    this.#order = { ...this.#order, environment: { ...this.#order.environment, ...environment } };
    return this.#order.environment;
  }

  /** What the process of now was started with. */
  get startedWith(): Order["environment"] | null {
    return this.#startedWith;
  }

  /** Its wall clock is so far from the real one, until it ends. */
  shiftClock(ms: number): void {
    this.#timeline.say(this.name, `clock ${ms} ms off`);
    this.#child?.send({ shiftClockMs: ms } satisfies Command, () => undefined);
  }

  async start(): Promise<void> {
    this.state = "starting";
    this.starts += 1;
    const order = this.#order;
    this.#startedWith = order.environment;
    const child = fork(fileURLToPath(new URL("instance-process.ts", import.meta.url)), {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Its own group: a Ctrl-C is for the run, which ends its processes itself.
      detached: true,
    });
    this.#child = child;
    child.stdout?.setEncoding("utf8").on(
      "data",
      lines((line) => this.#hear(line)),
    );
    child.stderr?.setEncoding("utf8").on(
      "data",
      lines((line) => this.#note(`standard error: ${line}`)),
    );
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      if (this.state !== "ending") this.#note(`exited by itself: ${code ?? signal}`);
      else if (code !== 0 && signal !== "SIGKILL") this.#note(`ended with ${code ?? signal}`);
      this.state = "down";
    });
    child.send(order);
    const report = await this.#next(child, "listening", START_MS);
    if (report === null) throw new Error(`${this.name} does not start: ${this.failures.join("; ")}`);
    this.url = report.url;
    this.state = "up";
    this.#timeline.say(this.name, `is up, process ${child.pid}`);
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Waits for the drain. */
  terminate(): Promise<void> {
    return this.#end("SIGTERM");
  }

  pause(): void {
    if (this.state !== "up") return;
    this.state = "paused";
    this.#timeline.say(this.name, "SIGSTOP");
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    if (this.state !== "paused") return;
    this.#timeline.say(this.name, "SIGCONT");
    this.#child?.kill("SIGCONT");
    this.state = "up";
  }

  /** Null while it cannot answer. */
  async memory(): Promise<Memory | null> {
    const child = this.#child;
    if (child === null || this.state !== "up") return null;
    child.send("measure" satisfies Command, () => undefined);
    return (await this.#next(child, "memory", MEASURE_MS))?.memory ?? null;
  }

  /** For the exit of this process. */
  killNow(): void {
    this.#child?.kill("SIGKILL");
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#endings += 1;
    this.state = "ending";
    const gone = once(child, "exit");
    this.#timeline.say(this.name, signal);
    child.kill(signal);
    await gone;
    this.#timeline.say(this.name, "is gone");
  }

  async #next<Type extends Report["type"]>(
    child: ChildProcess,
    type: Type,
    withinMs: number,
  ): Promise<Extract<Report, { type: Type }> | null> {
    const over = new AbortController();
    return new Promise((resolve) => {
      const done = (report: Extract<Report, { type: Type }> | null): void => {
        child.off("message", hear);
        child.off("exit", gone);
        over.abort();
        resolve(report);
      };
      const hear = (message: unknown): void => {
        const report = message as Report;
        if (report.type === type) done(report as Extract<Report, { type: Type }>);
      };
      const gone = (): void => done(null);
      child.on("message", hear);
      child.once("exit", gone);
      void rest(withinMs, over.signal).then(gone);
    });
  }

  #hear(line: string): void {
    this.#timeline.say(this.name, line);
    if (/"level":[12]0/.test(line)) return;
    const message = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line;
    this.logged.set(message, (this.logged.get(message) ?? 0) + 1);
    if (message === "unexpected error") this.#note(line);
  }

  #note(text: string): void {
    if (this.failures.length < MOST_NOTES) this.failures.push(`${this.name} (start ${this.starts}) ${text}`);
  }
}

function lines(take: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part !== "") take(part);
  };
}
