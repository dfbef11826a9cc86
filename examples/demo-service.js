/**
 * What the examples run against: the service at `SERVICE_URL`, or else one of this repository with a simulated gateway.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * @param {Record<string, string>} environment of the service, when one is started
 * @returns {Promise<{ serviceUrl: string, gatewayUrl: string, close: () => Promise<void> }>}
 */
export async function demoService(environment) {
  const { SERVICE_URL, GATEWAY_URL = "" } = process.env;
  if (SERVICE_URL !== undefined) return { serviceUrl: SERVICE_URL, gatewayUrl: GATEWAY_URL, close: async () => {} };
  const simulator = await start(["simulator/main.ts", "--port", "0", "--json"], {}, /"url":"([^"]+)"/);
  const service = await start(
    ["src/main.ts"],
    {
      GATEWAY_URL: simulator.found,
      SESSION_STORE_URL: "memory:",
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_LEVEL: "warn",
      SHUTDOWN_GRACE_MS: "1000",
      ...environment,
    },
    /listens on ([^\s"]+)/,
  );
  return {
    serviceUrl: service.found,
    gatewayUrl: simulator.found,
    async close() {
      await service.stop();
      await simulator.stop();
    },
  };
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} environment
 * @param {RegExp} announces in a line that it prints
 */
async function start(command, environment, announces) {
  const child = spawn(process.execPath, command, {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  process.once("exit", () => child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) {
    const found = announces.exec(line)?.[1];
    if (found !== undefined) {
      child.stdout.resume();
      return { found, stop };
    }
  }
  throw new Error(`${command[0]} has ended`);
}

/** Ends at Ctrl-C, after what has to be done before. @param {() => Promise<void>} before */
export function endAtCtrlC(before) {
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => before().then(() => process.exit(0)));
}
