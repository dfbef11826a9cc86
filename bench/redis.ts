import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { freePort } from "../scripts/fleet/ports.ts";
import { LOAD_CORE, type Running, start } from "./processes.ts";

interface Redis extends Pick<Running, "pid" | "stop"> {
  readonly port: number;
  /** How many commands it has carried out since its start. */
  commands(): Promise<number>;
  /** What the service needs to know of it. */
  readonly environment: { readonly SESSION_STORE_URL: string; readonly SESSION_KEYS: string };
}

/** An empty Redis of its own, on the load's core, that keeps nothing on the disk. */
export async function startRedis(directory: string): Promise<Redis> {
  const port = await freePort();
  const options = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    directory,
  ];
  const running = await start(
    {
      name: "redis",
      core: LOAD_CORE,
      command: ["redis-server", ...options],
      announces: /Ready to accept connections()/,
    },
    directory,
  );
  return {
    environment: {
      SESSION_STORE_URL: `redis://127.0.0.1:${port}`,
      SESSION_KEYS: randomBytes(32).toString("base64"),
    },
    pid: running.pid,
    port,
    commands: async () => Number(/^total_commands_processed:(\d+)/m.exec(await information(port))?.[1]),
    stop: () => running.stop(),
  };
}

async function information(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.end("INFO stats\r\nQUIT\r\n"));
  let text = "";
  for await (const chunk of socket.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}
