import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { AgentView, ConferenceView, FaultSpec, FaultView, State, ViolationReport } from "../../simulator/index.ts";
import { times } from "./times.ts";

/** The first of the agents that the run adds; the standard ones are left alone. */
export const FIRST_AGENT = 20_001;
const ANSWER_MS = 10_000;

/** The simulator as a process of its own, and its control interface on a port that no fault touches. */
export class SimulatedGateway {
  readonly #child: ChildProcess;
  readonly #control: string;
  /** Of the gateway itself. */
  readonly port: number;
  /** What it wrote to standard error: nothing, unless it has a defect. */
  readonly complaints: string[] = [];

  static async start(agents: number): Promise<SimulatedGateway> {
    const settings = {
      port: 0,
      "control-port": 0,
      scenario: "none",
      agents,
      "agents-from": FIRST_AGENT,
      "poll-hold-ms": times.pollHoldMs,
      "guid-interval-ms": times.guidIntervalMs,
      "guid-overlap-ms": times.guidOverlapMs,
      "session-timeout-ms": times.sessionTimeoutMs,
    };
    const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    const main = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));
    const child = spawn(process.execPath, [main, "--json", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), "line", {
        signal: AbortSignal.timeout(ANSWER_MS),
      })) as [string];
      return new SimulatedGateway(child, JSON.parse(line) as { url: string; controlUrl: string });
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  private constructor(child: ChildProcess, { url, controlUrl }: { url: string; controlUrl: string }) {
    this.#child = child;
    this.#control = controlUrl;
    this.port = Number(new URL(url).port);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.complaints.push(text));
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
  }
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  state(): Promise<State> {
    return this.#ask("GET", "/state");
  }
  violations(): Promise<ViolationReport> {
    return this.#ask("GET", "/violations");
  }
  agent(agentId: string): Promise<AgentView> {
    return this.#ask("GET", `/agents/${agentId}`);
  }
  signIn(agentId: string): Promise<AgentView> {
    return this.#ask("POST", `/agents/${agentId}/sign-in`);
  }
  /** A new Guid for one agent, or for everybody. */
  rotate(agentId?: string): Promise<void> {
    return this.#ask("POST", agentId === undefined ? "/rotate" : `/agents/${agentId}/rotate`);
  }
  /** `stamped`: the content also has the `loginTime` of the sign-in that the event belongs to. */
  sendEvent(agentId: string, eventType: string, content: unknown, stamped = false): Promise<void> {
    return this.#ask("POST", `/agents/${agentId}/events`, { eventType, content, stamped });
  }
  startConference(): Promise<ConferenceView> {
    return this.#ask("POST", "/conferences", { participants: [{ address: "70001", kind: "phone" }] });
  }
  endConference(id: string): Promise<void> {
    return this.#ask("DELETE", `/conferences/${id}`);
  }
  addFault(fault: FaultSpec): Promise<FaultView> {
    return this.#ask("POST", "/faults", fault);
  }
  clearFault(id: string): Promise<void> {
    return this.#ask("DELETE", `/faults/${id}`);
  }
  setLatency(latencyMs: number): Promise<void> {
    return this.#ask("PATCH", "/settings", { latencyMs });
  }
  /** Its listener goes down, and comes back by itself; who is signed in stays so. */
  down(forMs: number): Promise<void> {
    return this.#ask("POST", "/down", { forMs });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  killNow(): void {
    this.#child.kill("SIGKILL");
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.#control}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The simulator refuses ${method} ${path}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
}
