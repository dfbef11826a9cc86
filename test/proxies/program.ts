import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/fleet/ports.ts";
import { Program } from "../../scripts/fleet/program.ts";

/** Something in front of the service, set up as its users have it: the service at `/`, and once more below `/bff/`. */
export interface ProxyInFront {
  readonly name: string;
  readonly url: string;
  /** Whether it shares requests out to both instances, or has the first alone. */
  readonly balances: boolean;
  close(): Promise<void>;
}

const START_MS = 10_000;
const STOP_MS = 2_000;

/** @param configure writes the configuration into the folder, and answers with the arguments */
export async function startProgram(
  name: string,
  configure: (port: number, folder: string) => string[],
): Promise<ProxyInFront> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const port = await freePort();
  const program = new Program(name, name, configure(port, folder), { env: { ...process.env, HOME: folder } });
  const close = async (): Promise<void> => {
    await program.stop(STOP_MS);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await program.until(() => isListening(port), START_MS);
  } catch (error) {
    const logged = logOf(folder);
    await close();
    throw logged === "" ? error : new Error(logged, { cause: error });
  }
  return { name, url: `http://127.0.0.1:${port}`, balances: true, close };
}

function logOf(folder: string): string {
  try {
    return readFileSync(join(folder, "log"), "utf8");
  } catch {
    return "";
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}
