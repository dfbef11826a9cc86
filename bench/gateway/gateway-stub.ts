import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOAD_CORE, type Running, start } from "../processes.ts";

interface Counts {
  /** All that it was asked, these polls and queries and sign-ins among them. */
  readonly requests: number;
  readonly queries: number;
  readonly polls: number;
  /** How often a poll brought a new Guid. */
  readonly rotations: number;
  readonly signIns: number;
  readonly connections: number;
  readonly heldPolls: number;
}

export interface GatewayStub {
  /** As `GATEWAY_URL`. */
  readonly url: string;
  readonly address: string;
  counts(): Promise<Counts>;
  /** Gives an event to the poll that is held for the agent; false when none is. */
  event(agentId: string): Promise<boolean>;
  /** Another list of conferences from now on. */
  changeList(): Promise<void>;
  /** When that list was first answered, in milliseconds since the epoch; 0: not yet. */
  listedAt(): Promise<number>;
  stop(): Promise<void>;
}

export interface Pace {
  /** How long a poll without an event is held. */
  readonly holdMs: number;
  /** How old a Guid gets. */
  readonly rotationMs: number;
}

/** Compiles a C program beside this file's caller into the benchmark's own directory. */
export function compiled(source: URL, name: string, directory: string): string {
  const program = join(directory, name);
  execFileSync("cc", ["-O2", "-o", program, fileURLToPath(source)], { stdio: "inherit" });
  return program;
}

export async function startGatewayStub(
  directory: string,
  { holdMs, rotationMs }: Pace = { holdMs: 10_000, rotationMs: 60_000 },
): Promise<GatewayStub> {
  const program = compiled(new URL("gateway-stub.c", import.meta.url), "gateway-stub", directory);
  const stub: Running = await start(
    {
      name: "gateway stub",
      core: LOAD_CORE,
      command: [program, String(holdMs), String(rotationMs)],
      announces: /^listening (\d+)$/m,
    },
    directory,
  );
  const address = `127.0.0.1:${stub.port}`;
  const control = async (path: string, method: string): Promise<unknown> =>
    (await fetch(`http://${address}/control${path}`, { method })).json();
  return {
    url: `http://${address}/agentgateway/resource`,
    address,
    counts: async () => (await control("/counts", "GET")) as Counts,
    event: async (agentId) => ((await control(`/event/${agentId}`, "POST")) as { delivered: boolean }).delivered,
    changeList: async () => void (await control("/list", "POST")),
    listedAt: async () => ((await control("/listed", "GET")) as { at: number }).at,
    stop: () => stub.stop(),
  };
}
